package dev.gamelan.codegen;

import dev.gamelan.codegen.Convolution.PixelsDone;
import dev.gamelan.runtime.Pool;
import org.jspecify.annotations.Nullable;

/**
 * A convolution of few channels, as the first of a network is: tiles of some pixels of a line times some filters stay in registers while
 * the elements under the kernel pass, which are read in place. Gathering them first would take longer than the sum.
 *
 * <p>Each task copies some lines of an image with their padding. Each output is one chain of additions, however lines are cut.
 */
final class DirectConvolution implements Convolution.Run {
    /** Elements under a kernel that are few. */
    private static final int FEW_ELEMENTS = 128;
    /** Filters that leave a part of a wider tile empty. */
    private static final int FEW_FILTERS = 16;
    private static final int LEAST_FILTERS = 8;
    /** Results of a task: they stay in the second-level cache. */
    private static final int CACHED_RESULTS = 32 * 1024;

    private final ElementType type;
    private final ConvShape shape;
    private final PaddedImages images;
    private final Tile tile;
    private final DirectTile.Warm kernel;
    /** Where the elements of a window lie from its beginning. */
    private final int[] places;
    private final int columns;
    private final int lines;
    private final int reach;

    DirectConvolution(Lanes lanes, ElementType type, ConvShape shape) {
        this.type = type;
        this.shape = shape;
        this.images = new PaddedImages(shape);
        this.tile = Tile.fitting(lanes, shape.filters());
        this.kernel = DirectTile.of(type, tile, shape.width().stride() * shape.channels());
        this.columns = Math.ceilDiv(shape.filters(), tile.columns()) * tile.columns();
        this.places = new int[shape.patch()];
        int across = shape.width().kernel();
        int down = shape.height().kernel();
        for (int i = 0; i < places.length; i++) {
            int tap = i / shape.channels();
            places[i] = images.tap(tap / across / down, tap / across % down, tap % across) + i % shape.channels();
        }
        int most = CACHED_RESULTS / Math.max(1, shape.width().out() * shape.filters());
        this.lines = Math.clamp(most, 1, Math.max(1, shape.height().out()));
        this.reach = (lines - 1) * shape.height().stride() + (down - 1) * shape.height().dilation() + 1;
    }

    /** Whether it is faster than a product of gathered patches, by extents alone. */
    static boolean pays(ConvShape shape) {
        return shape.groups() == 1 && !shape.isPointwise() && shape.depth().kernel() == 1 && shape.filters() >= LEAST_FILTERS
                && shape.patch() <= (shape.filters() <= FEW_FILTERS ? 2 * FEW_ELEMENTS : FEW_ELEMENTS);
    }

    @Override
    public void run(Pool pool, Object x, int xOffset, Object weights, int weightsOffset, Object result, int resultOffset,
            @Nullable PixelsDone done) {
        kernel.warmUp().awaitFor(shape.operations());
        boolean filled = columns == shape.filters();
        Object filters = filled ? weights : Scratch.borrow(type, shape.patch() * columns);
        for (int i = 0; i < shape.patch() && !filled; i++) {
            System.arraycopy(weights, weightsOffset + i * shape.filters(), filters, i * columns, shape.filters());
            Scratch.zero(filters, i * columns + shape.filters(), (i + 1) * columns);
        }
        int bands = Math.ceilDiv(shape.height().out(), lines);
        pool.run(shape.batch() * shape.depth().out() * bands, (task, _) -> {
            int plane = task / bands;
            int from = task % bands * lines;
            int to = Math.min(shape.height().out(), from + lines);
            band(x, xOffset, filters, filled ? weightsOffset : 0, result, resultOffset, plane, from, to);
            if (done != null) {
                int first = plane * shape.height().out();
                done.pixels((first + from) * shape.width().out(), (first + to) * shape.width().out());
            }
        });
        if (!filled) {
            Scratch.giveBack(type, filters);
        }
    }

    /** Some lines of the output of one plane. */
    private void band(Object x, int xOffset, Object filters, int filtersAt, Object result, int resultOffset, int plane, int from, int to) {
        Object padded = Scratch.borrow(type, reach * images.line() + tile.rows() * shape.width().stride() * shape.channels());
        Object scratch = Scratch.borrow(type, tile.rows() * tile.columns());
        int image = plane / shape.depth().out();
        int first = images.start(plane % shape.depth().out(), from, 0) / images.line();
        int last = first + (to - 1 - from) * shape.height().stride() + (shape.height().kernel() - 1) * shape.height().dilation() + 1;
        images.copy(x, xOffset, image, first, last, padded, 0);
        for (int line = from; line < to; line++) {
            int at = images.start(0, line - from, 0);
            int y = resultOffset + (plane * shape.height().out() + line) * shape.width().out() * shape.filters();
            for (int column = 0; column < columns; column += tile.columns()) {
                line(padded, at, filters, filtersAt + column, result, y + column, Math.min(tile.columns(), shape.filters() - column), scratch);
            }
        }
        Scratch.giveBack(type, padded);
        Scratch.giveBack(type, scratch);
    }

    /** One line, for as many filters as a tile has. */
    private void line(Object padded, int at, Object filters, int filtersAt, Object result, int resultAt, int count, Object scratch) {
        int width = shape.width().out();
        for (int pixel = 0; pixel < width; pixel += tile.rows()) {
            if (count == tile.columns() && width >= tile.rows()) {
                // The last tile computes some pixels before it again.
                int start = Math.min(pixel, width - tile.rows());
                kernel.kernel().run(padded, at + images.start(0, 0, start), places, filters, filtersAt, columns, result,
                        resultAt + start * shape.filters(), shape.filters(), places.length, false);
            } else {
                kernel.kernel().run(padded, at + images.start(0, 0, pixel), places, filters, filtersAt, columns, scratch, 0, tile.columns(),
                        places.length, false);
                for (int i = 0; i < Math.min(tile.rows(), width - pixel); i++) {
                    System.arraycopy(scratch, i * tile.columns(), result, resultAt + (pixel + i) * shape.filters(), count);
                }
            }
        }
    }
}
