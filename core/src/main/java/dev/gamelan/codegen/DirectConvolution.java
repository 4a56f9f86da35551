package dev.gamelan.codegen;

import dev.gamelan.runtime.Pool;

/**
 * A convolution of few channels, as the first of a network is: tiles of some pixels of a line times some filters stay in registers while
 * the elements under the kernel pass, which are read in place. Gathering them first would take longer than the sum.
 *
 * <p>Where groups have few channels each is summed in the same way, one after another for some lines.
 *
 * <p>Each task copies some lines of an image with their padding. Each output is one chain of additions, however lines are cut.
 */
final class DirectConvolution extends ConvPath {
    /** Elements under a kernel that are few. */
    private static final int FEW_ELEMENTS = 128;
    /** Elements under a kernel that are few in a group, or where each line of it is short: short pieces take long to gather. */
    private static final int FEW_IN_LINES = 400;
    private static final int SHORT_LINE = 64;
    /** Elements under a kernel that are few for a narrow tile. */
    private static final int FEW_FOR_FEW_FILTERS = 576;
    /** Filters that leave a part of a wider tile empty. */
    private static final int FEW_FILTERS = 16;
    private static final int LEAST_FILTERS = 5;
    private static final int LEAST_GROUP_FILTERS = 8;
    /** Filters of the widest vector: with fewer in all, one that begins with a group would have no room. */
    private static final int WIDEST_VECTOR = 16;

    private final ElementType type;
    private final ConvShape shape;
    private final PaddedImages images;
    private final Tile tile;
    private final Warm<DirectTile> kernel;
    private final DirectTile plain;
    /** Where the elements of a window lie from its beginning. */
    private final int[] places;
    private final int columns;

    DirectConvolution(Lanes lanes, ElementType type, ConvShape shape) {
        this.type = type;
        this.shape = shape;
        this.images = new PaddedImages(shape);
        // Filters of one group that fill no tile are filled up; those of a group must not reach beyond the last group.
        this.tile = shape.groups() == 1 ? Tile.fitting(lanes, shape.filters()) : Tile.overlapping(lanes, shape.groupFilters());
        this.kernel = DirectTile.of(type, tile, shape.width().stride() * shape.channels(), false);
        this.plain = new PlainTile(tile.rows(), tile.columns(), shape.width().stride() * shape.channels(), false, false);
        this.columns = Math.max(shape.groupFilters(), tile.columns());
        this.places = new int[shape.patch()];
        int across = shape.width().kernel();
        int down = shape.height().kernel();
        for (int i = 0; i < places.length; i++) {
            int tap = i / shape.groupChannels();
            places[i] = images.tap(tap / across / down, tap / across % down, tap % across) + i % shape.groupChannels();
        }
    }

    /** Whether it is faster than a product of gathered patches, by extents alone. */
    static boolean pays(ConvShape shape) {
        if (shape.groups() > 1) {
            return !shape.isPointwise() && shape.depth().kernel() == 1 && shape.groupFilters() >= LEAST_GROUP_FILTERS
                    && shape.filters() >= WIDEST_VECTOR && shape.patch() <= FEW_IN_LINES;
        }
        boolean shortLines = shape.width().kernel() * shape.channels() <= SHORT_LINE;
        int few = shape.filters() <= FEW_FILTERS ? FEW_FOR_FEW_FILTERS : shortLines ? FEW_IN_LINES : FEW_ELEMENTS;
        return !shape.isPointwise() && shape.depth().kernel() == 1 && shape.filters() >= LEAST_FILTERS
                && shape.patch() <= few;
    }

    @Override
    ConvCall newCall() {
        return new Call();
    }

    private final class Call extends ConvCall {
        private final Pool.Task bandTask = (task, _) -> band(task);
        private Object filters = this;
        private int filtersAt;
        /** From the filters under one element to those under the next. */
        private int step;
        private int bandLines;
        private int bands;

        @Override
        void compute() {
            PlainKernel.awaitFor(shape.operations(), type, kernel);
            boolean filled = shape.groups() > 1 || columns == shape.filters();
            filters = filled ? right : fill();
            filtersAt = filled ? rightOffset : 0;
            step = filled ? shape.filters() : columns;
            int planes = shape.batch() * shape.depth().out();
            Bands cut = Bands.of(shape.height().out(), shape.width().out() * shape.filters(), planes, shape.operations(), pool.workers());
            bandLines = cut.lines();
            bands = cut.count();
            pool.run(planes * bands, bandTask);
            if (!filled) {
                Scratch.giveBack(type, filters);
            }
            filters = this;
        }

        /** The kernel with zeros after the last filter. */
        private Object fill() {
            Object copied = Scratch.borrow(type, shape.patch() * columns);
            for (int i = 0; i < shape.patch(); i++) {
                System.arraycopy(right, rightOffset + i * shape.filters(), copied, i * columns, shape.filters());
                Scratch.zero(copied, i * columns + shape.filters(), (i + 1) * columns);
            }
            return copied;
        }

        private void band(int task) {
            int height = shape.height().out();
            int width = shape.width().out();
            int plane = task / bands;
            int from = task % bands * bandLines;
            int to = Math.min(height, from + bandLines);
            band(plane, from, to);
            done((plane * height + from) * width, (plane * height + to) * width);
        }

        /** Some lines of the output of one plane. */
        private void band(int plane, int from, int to) {
            int image = plane / shape.depth().out();
            int first = images.start(plane % shape.depth().out(), from, 0) / images.line();
            int last = first + (to - 1 - from) * shape.height().stride() + (shape.height().kernel() - 1) * shape.height().dilation() + 1;
            // The last tile of the last line may read beyond it.
            Object padded = Scratch.borrow(type,
                    (last - first) * images.line() + tile.rows() * shape.width().stride() * shape.channels());
            Object scratch = Scratch.borrow(type, tile.rows() * tile.columns());
            images.copy(left, leftOffset, image, first, last, padded, 0);
            for (int group = 0; group < shape.groups(); group++) {
                for (int line = from; line < to; line++) {
                    int at = images.start(0, line - from, 0) + group * shape.groupChannels();
                    int y = resultOffset + (plane * shape.height().out() + line) * shape.width().out() * shape.filters();
                    line(padded, at, group * shape.groupFilters(), y, line == to - 1, scratch);
                }
            }
            Scratch.giveBack(type, padded);
            Scratch.giveBack(type, scratch);
        }

        private DirectTile tile() {
            return kernel.kernelOr(plain);
        }

        /** One line, for all filters of a group, of which {@code first} is the first. */
        private void line(Object padded, int at, int first, int y, boolean isLast, Object scratch) {
            for (int column = 0; column < columns; column += tile.columns()) {
                // The last tile computes some filters before it again, and so does that of pixels.
                int filter = first + Math.min(column, columns - tile.columns());
                int start = Math.min(filter, step - tile.columns());
                int count = Math.min(tile.columns(), shape.groupFilters());
                line(padded, at, start, filter - start, count, y, isLast, scratch);
            }
        }

        /**
         * One line, for as many filters as a tile has.
         *
         * @param start of the tile's filters
         * @param skipped filters before those that are wanted
         * @param isLast whether no line follows
         */
        private void line(Object padded, int at, int start, int skipped, int count, int y, boolean isLast, Object scratch) {
            int width = shape.width().out();
            int filter = start + skipped;
            // What is stored beyond a group is the next group's place, and beyond few filters that of the next pixels: both come later.
            int spilled = shape.groups() == 1 ? tile.columns() - count : 0;
            for (int pixel = 0; pixel < width; pixel += tile.rows()) {
                int first = Math.min(pixel, width - tile.rows());
                boolean hasRoom = !isLast || (width - first - tile.rows()) * shape.filters() >= spilled;
                if (skipped == 0 && first >= 0 && hasRoom) {
                    tile().run(padded, at + images.start(0, 0, first), places, filters, filtersAt + start, step, result,
                            y + first * shape.filters() + start, shape.filters(), places.length);
                } else {
                    tile().run(padded, at + images.start(0, 0, pixel), places, filters, filtersAt + start, step, scratch, 0,
                            tile.columns(), places.length);
                    for (int i = 0; i < Math.min(tile.rows(), width - pixel); i++) {
                        System.arraycopy(scratch, i * tile.columns() + skipped, result, y + (pixel + i) * shape.filters() + filter, count);
                    }
                }
            }
        }
    }
}
