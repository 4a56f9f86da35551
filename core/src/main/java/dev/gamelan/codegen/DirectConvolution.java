package dev.gamelan.codegen;

import dev.gamelan.plan.CacheLine;
import dev.gamelan.runtime.Pool;

/**
 * A convolution of few channels, as the first of a network is: tiles of some pixels of a line times some filters stay in registers while
 * the elements under the kernel pass, which are read in place. Gathering them first would take longer than the sum.
 *
 * <p>Each task copies some lines of an image with their padding. Each output is one chain of additions, however lines are cut.
 */
final class DirectConvolution extends ConvPath {
    /** Elements under a kernel that are few. */
    private static final int FEW_ELEMENTS = 128;
    /** Elements under a kernel that are few where each line of it is short: short pieces take long to gather. */
    private static final int FEW_IN_LINES = 400;
    private static final int SHORT_LINE = 64;
    /** Elements under a kernel that are few for a narrow tile. */
    private static final int FEW_FOR_FEW_FILTERS = 576;
    /** Filters that leave a part of a wider tile empty. */
    private static final int FEW_FILTERS = 16;

    private final ElementType type;
    private final ConvShape shape;
    private final PaddedImages images;
    private final Tile tile;
    /** From the pixel under a window to that under the next. */
    private final int distance;
    private final Warm<DirectTile> kernel;
    private final DirectTile plain;
    /** Where the elements of a window lie from its beginning. */
    private final int[] places;
    private final FilterPanels panels;
    /** Where the first panel begins. */
    private final int start;

    /** @param ofPlanes whether images are (batch, channels, spatial...) */
    DirectConvolution(Lanes lanes, ElementType type, ConvShape shape, boolean ofPlanes) {
        this.type = type;
        this.shape = shape;
        this.images = ofPlanes ? PaddedImages.ofPlanes(shape) : new PaddedImages(shape);
        this.tile = Tile.fitting(lanes, shape.filters());
        this.distance = shape.width().stride() * images.pixel();
        this.kernel = DirectTile.ofPanel(type, tile, distance);
        this.plain = new PlainTile(tile.rows(), tile.columns(), distance, false, false);
        this.panels = new FilterPanels(shape.patch(), shape.filters(), tile.columns());
        this.places = images.places();
        this.start = CacheLine.first(type.bits() / Byte.SIZE);
    }

    /** Whether it is faster than a product of gathered patches, by extents alone. */
    static boolean pays(ConvShape shape) {
        boolean shortLines = shape.width().kernel() * shape.channels() <= SHORT_LINE;
        int few = shape.filters() <= FEW_FILTERS ? FEW_FOR_FEW_FILTERS : shortLines ? FEW_IN_LINES : FEW_ELEMENTS;
        boolean takesPixels = shape.takesPixels() && (shape.isPointwise() || shape.filters() > FEW_FILTERS);
        return shape.groups() == 1 && !takesPixels && shape.filters() > 0 && shape.channels() > 0 && shape.patch() <= few;
    }

    @Override
    ConvCall newCall() {
        return new Call();
    }

    private final class Call extends PackedCall {
        private final Pool.Task bandTask = (task, _) -> band(task);
        private Object packed = this;
        private int bands;

        Call() {
            super(type, panels, start + panels.elements());
        }

        @Override
        void compute(Object packed) {
            PlainKernel.awaitFor(shape.operations(), type, kernel);
            this.packed = packed;
            int planes = shape.batch() * shape.depth().out();
            bands = Bands.of(shape.height().out(), shape.width().out() * shape.filters(), planes, shape.operations(), pool.workers())
                    .count();
            pool.run(planes * bands, bandTask);
            this.packed = this;
        }

        @Override
        void pack(Object kernel, Object to) {
            panels.pack(kernel, rightOffset, shape.filters(), to, start);
        }

        private void band(int task) {
            int height = shape.height().out();
            int width = shape.width().out();
            int plane = task / bands;
            int from = new Bands(height, bands).from(task % bands);
            int to = new Bands(height, bands).to(task % bands);
            band(plane, from, to);
            done((plane * height + from) * width, (plane * height + to) * width);
        }

        /** Some lines of the output of one plane. */
        private void band(int plane, int from, int to) {
            int image = plane / shape.depth().out();
            int first = images.start(plane % shape.depth().out(), from, 0) / images.line();
            int last = first + (to - 1 - from) * shape.height().stride() + (shape.height().kernel() - 1) * shape.height().dilation() + 1
                    + (shape.depth().kernel() - 1) * shape.depth().dilation() * (images.plane() / images.line());
            // The last tile of the last line may read beyond it.
            Object padded = Scratch.borrow(type,
                    (last - first) * images.line() + tile.rows() * distance);
            Object scratch = Scratch.borrow(type, tile.rows() * tile.columns());
            images.copy(left, leftOffset, image, first, last, padded, 0);
            for (int line = from; line < to; line++) {
                int y = resultOffset + (plane * shape.height().out() + line) * shape.width().out() * shape.filters();
                line(padded, images.start(0, line - from, 0), y, line == to - 1, scratch);
            }
            Scratch.giveBack(type, padded);
            Scratch.giveBack(type, scratch);
        }

        /** @param isLast whether no line follows */
        private void line(Object padded, int at, int y, boolean isLast, Object scratch) {
            int width = shape.width().out();
            int count = Math.min(tile.columns(), shape.filters());
            DirectTile now = kernel.kernelOr(plain);
            for (int column = 0; column < panels.columns(); column += tile.columns()) {
                int filter = panels.firstFilter(column);
                int panel = start + column * shape.patch();
                // The last tile of pixels computes some before it again, too.
                for (int pixel = 0; pixel < width; pixel += tile.rows()) {
                    int first = Math.min(pixel, width - tile.rows());
                    // What is stored beyond few filters is the place of the next pixels, which come later.
                    boolean hasRoom = !isLast || (width - first - tile.rows()) * shape.filters() >= tile.columns() - count;
                    if (first >= 0 && hasRoom) {
                        now.run(padded, at + images.start(0, 0, first), places, packed, panel, tile.columns(), result,
                                y + first * shape.filters() + filter, shape.filters(), places.length);
                    } else {
                        now.run(padded, at + images.start(0, 0, pixel), places, packed, panel, tile.columns(), scratch, 0,
                                tile.columns(), places.length);
                        for (int i = 0; i < Math.min(tile.rows(), width - pixel); i++) {
                            System.arraycopy(scratch, i * tile.columns(), result, y + (pixel + i) * shape.filters() + filter, count);
                        }
                    }
                }
            }
        }
    }
}
