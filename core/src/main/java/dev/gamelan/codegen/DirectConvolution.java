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

    private final ElementType type;
    private final ConvShape shape;
    private final PaddedImages images;
    private final Tile tile;
    private final Warm<DirectTile> kernel;
    /** Where the elements of a window lie from its beginning. */
    private final int[] places;
    private final int columns;

    DirectConvolution(Lanes lanes, ElementType type, ConvShape shape) {
        this.type = type;
        this.shape = shape;
        this.images = new PaddedImages(shape);
        this.tile = Tile.overlapping(fitting(lanes, shape), shape.groupFilters());
        this.kernel = DirectTile.of(type, tile, shape.width().stride() * shape.channels());
        this.columns = Math.max(shape.groupFilters(), tile.columns());
        this.places = new int[shape.patch()];
        int across = shape.width().kernel();
        int down = shape.height().kernel();
        for (int i = 0; i < places.length; i++) {
            int tap = i / shape.groupChannels();
            places[i] = images.tap(tap / across / down, tap / across % down, tap % across) + i % shape.groupChannels();
        }
    }

    /** Vectors that are no wider than few filters need; those of a group must not be wider, as the next group's results follow. */
    private static Lanes fitting(Lanes lanes, ConvShape shape) {
        int filters = shape.groupFilters();
        int count = lanes.count();
        while (count > 2 && (shape.groups() > 1 ? count > filters : count / 2 >= filters)) {
            count /= 2;
        }
        return count == lanes.count() ? lanes : new Lanes(count, lanes.maskedMemory());
    }

    /** Whether it is faster than a product of gathered patches, by extents alone. */
    static boolean pays(ConvShape shape) {
        if (shape.groups() > 1) {
            return !shape.isPointwise() && shape.depth().kernel() == 1 && shape.groupFilters() >= LEAST_GROUP_FILTERS
                    && shape.patch() <= FEW_IN_LINES;
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
            kernel.awaitFor(shape.operations());
            boolean filled = columns == shape.groupFilters();
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
                int filter = group * shape.groupFilters();
                for (int line = from; line < to; line++) {
                    int at = images.start(0, line - from, 0) + group * shape.groupChannels();
                    int y = resultOffset + (plane * shape.height().out() + line) * shape.width().out() * shape.filters() + filter;
                    line(padded, at, filtersAt + filter, y, scratch);
                }
            }
            Scratch.giveBack(type, padded);
            Scratch.giveBack(type, scratch);
        }

        /** One line, for all filters of a group. */
        private void line(Object padded, int at, int filtersAt, int resultAt, Object scratch) {
            for (int column = 0; column < columns; column += tile.columns()) {
                // The last tile computes some filters before it again, and so does that of pixels.
                int start = Math.min(column, columns - tile.columns());
                line(padded, at, filtersAt + start, resultAt + start, Math.min(tile.columns(), shape.groupFilters()), scratch);
            }
        }

        /** One line, for as many filters as a tile has. */
        private void line(Object padded, int at, int filtersAt, int resultAt, int count, Object scratch) {
            int width = shape.width().out();
            for (int pixel = 0; pixel < width; pixel += tile.rows()) {
                if (count == tile.columns() && width >= tile.rows()) {
                    int start = Math.min(pixel, width - tile.rows());
                    kernel.kernel().run(padded, at + images.start(0, 0, start), places, filters, filtersAt, step, result,
                            resultAt + start * shape.filters(), shape.filters(), places.length, false);
                } else {
                    kernel.kernel().run(padded, at + images.start(0, 0, pixel), places, filters, filtersAt, step, scratch, 0,
                            tile.columns(),
                            places.length, false);
                    for (int i = 0; i < Math.min(tile.rows(), width - pixel); i++) {
                        System.arraycopy(scratch, i * tile.columns(), result, resultAt + (pixel + i) * shape.filters(), count);
                    }
                }
            }
        }
    }
}
