package dev.gamelan.codegen;

import dev.gamelan.codegen.Convolution.PixelsDone;
import dev.gamelan.codegen.MicroKernels.Kind;
import dev.gamelan.ir.Derived;
import dev.gamelan.runtime.Pool;
import org.jspecify.annotations.Nullable;

/**
 * A 1 x 1 convolution of few channels: a product whose right operand is so small that it is read in place. The last tiles of pixels and
 * filters compute some before them again, so nothing is masked, filled up or copied. Each output is one chain of additions, however
 * pixels are cut.
 */
final class PointwiseConvolution implements Convolution.Run {
    /** Elements of a kernel that stay in the first-level cache, or nearly so. */
    private static final int CACHED_KERNEL = 10 * 1024;
    /** Channels that are multiplied in one go. */
    private static final int MOST_CHANNELS = 512;
    private static final int LEAST_FILTERS = 16;
    private static final int LEAST_PIXELS = 32;

    private final ConvShape shape;
    private final Tile tile;
    private final Warm<MicroKernel> kernel;

    PointwiseConvolution(Lanes lanes, ElementType type, ConvShape shape) {
        this.shape = shape;
        this.tile = Tile.overlapping(lanes, shape.filters());
        this.kernel = MicroKernels.warm(type, tile, Kind.DIRECT);
    }

    /** Whether it is faster than a product of packed panels, by extents alone. */
    static boolean pays(ConvShape shape) {
        return shape.groups() == 1 && shape.isPointwise() && shape.filters() >= LEAST_FILTERS && shape.channels() > 0
                && shape.pixels() >= LEAST_PIXELS && shape.channels() <= MOST_CHANNELS && shape.patch() * shape.filters() <= CACHED_KERNEL;
    }

    @Override
    public void run(Pool pool, Object x, int xOffset, Object weights, int weightsOffset, Object result, int resultOffset,
            @Nullable PixelsDone done, @Nullable Derived derived) {
        kernel.awaitFor(shape.operations());
        int pixels = shape.pixels();
        int wanted = Bands.of(pixels, shape.filters(), 1, shape.operations(), pool.workers()).count();
        int bands = Math.min(wanted, pixels / LEAST_PIXELS);
        pool.run(bands, (band, _) -> {
            int from = (int) ((long) pixels * band / bands);
            int to = (int) ((long) pixels * (band + 1) / bands);
            band(x, xOffset, weights, weightsOffset, result, resultOffset, from, to);
            if (done != null) {
                done.pixels(from, to);
            }
        });
    }

    /** Pixels {@code from} to {@code to}: at least as many as a tile has. */
    private void band(Object x, int xOffset, Object weights, int weightsOffset, Object result, int resultOffset, int from, int to) {
        int channels = shape.channels();
        int filters = shape.filters();
        for (int row = from; row < to; row += tile.rows()) {
            int pixel = Math.min(row, to - tile.rows());
            for (int column = 0; column < filters; column += tile.columns()) {
                int filter = Math.min(column, filters - tile.columns());
                kernel.kernel().run(x, xOffset + pixel * channels, channels, weights, weightsOffset + filter, filters, result,
                        resultOffset + pixel * filters + filter, filters, channels, 0, false);
            }
        }
    }
}
