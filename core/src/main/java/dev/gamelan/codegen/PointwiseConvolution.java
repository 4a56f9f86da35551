package dev.gamelan.codegen;

import dev.gamelan.runtime.Pool;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A 1 x 1 convolution of few channels: a product whose right operand is so small that it is read in place. The last tiles of pixels and
 * filters compute some before them again, so nothing is masked, filled up or copied; but with a stride the pixels of each band are gathered
 * first. Each output is one chain of additions, however pixels are cut.
 */
final class PointwiseConvolution extends ConvPath {
    /** Elements of a kernel that stay in the first-level cache, or nearly so. */
    private static final int CACHED_KERNEL = 10 * 1024;
    /** Channels that are multiplied in one go. */
    private static final int MOST_CHANNELS = 512;
    private static final int LEAST_FILTERS = 16;
    private static final int LEAST_PIXELS = 32;

    private final ElementType type;
    private final ConvShape shape;
    private final List<Columns> parts;
    /** With a stride; null where pixels follow each other. */
    private final @Nullable Patches pixels;

    /**
     * Some filters, and what computes them.
     *
     * @param plain what does the work until the kernel is compiled
     */
    private record Columns(int from, int count, Warm<StripKernel> kernel, StripKernel plain) {
    }

    PointwiseConvolution(Lanes lanes, ElementType type, ConvShape shape) {
        this.type = type;
        this.shape = shape;
        this.parts = parts(lanes);
        this.pixels = shape.isPointwise() ? null : Patches.gathering(type, lanes, shape);
    }

    /** Two or three vectors of filters at a time, the last of which may lie over the one before it; or one, where there is no more. */
    private List<Columns> parts(Lanes lanes) {
        List<Columns> result = new ArrayList<>();
        int filters = shape.filters();
        for (int from = 0, left = Math.ceilDiv(filters, lanes.count()); left > 0;) {
            int vectors = Tile.vectors(lanes, left);
            int count = Math.min(vectors * lanes.count(), filters - from);
            Tile tile = Tile.of(lanes, vectors);
            result.add(new Columns(from, count, MicroKernels.warmStrip(type, tile), new PlainStrip(tile.rows())));
            from += count;
            left -= vectors;
        }
        return result;
    }

    /** Whether it is faster than a product of packed panels, by extents alone. */
    static boolean pays(ConvShape shape) {
        return shape.groups() == 1 && shape.takesPixels() && shape.filters() >= LEAST_FILTERS && shape.channels() > 0
                && shape.pixels() >= LEAST_PIXELS && shape.channels() <= MOST_CHANNELS && shape.patch() * shape.filters() <= CACHED_KERNEL;
    }

    @Override
    ConvCall newCall() {
        return new Call();
    }

    private final class Call extends ConvCall {
        private final Pool.Task bandTask = (band, _) -> band(band);
        private int bands;

        @Override
        void compute() {
            for (int i = 0; i < parts.size(); i++) {
                PlainKernel.awaitFor(shape.operations(), type, parts.get(i).kernel());
            }
            int wanted = Bands.of(shape.pixels(), shape.filters(), 1, shape.operations(), pool.workers()).count();
            bands = Math.min(wanted, shape.pixels() / LEAST_PIXELS);
            pool.run(bands, bandTask);
        }

        private void band(int number) {
            int from = (int) ((long) shape.pixels() * number / bands);
            int to = (int) ((long) shape.pixels() * (number + 1) / bands);
            multiply(from, to);
            done(from, to);
        }

        /** Pixels {@code from} to {@code to}: at least as many as a tile has. */
        private void multiply(int from, int to) {
            int channels = shape.channels();
            if (pixels == null) {
                multiply(left, leftOffset + from * channels, from, to);
            } else {
                Object gathered = Scratch.borrow(type, (to - from) * channels + LeftRows.SLACK);
                pixels.copy(left, leftOffset, from, to - from, 0, channels, gathered, 0, channels);
                multiply(gathered, 0, from, to);
                Scratch.giveBack(type, gathered);
            }
        }

        private void multiply(Object image, int at, int from, int to) {
            int channels = shape.channels();
            int filters = shape.filters();
            for (int i = 0; i < parts.size(); i++) {
                Columns part = parts.get(i);
                part.kernel().kernelOr(part.plain()).run(image, at, channels, right, rightOffset + part.from(), filters, result,
                        resultOffset + from * filters + part.from(), filters, channels, part.count(), to - from);
            }
        }
    }
}
