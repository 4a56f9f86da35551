package dev.gamelan.codegen;

import dev.gamelan.plan.CacheLine;
import dev.gamelan.runtime.Pool;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A 1 x 1 convolution of few channels: a product whose right operand is so small that it takes next to no time to pack. The last tiles of pixels and
 * filters compute some before them again, so nothing is masked or filled up; but with a stride the pixels of each band are gathered
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
    private final Lanes lanes;
    private final List<Columns> parts;
    /** Elements of all panels, and of what lies before them. */
    private final int panelElements;
    /** With a stride; null where pixels follow each other. */
    private final @Nullable Patches pixels;

    /**
     * Some filters, and what computes them.
     *
     * @param at where their panel begins
     * @param plain what does the work until the kernel is compiled
     */
    private record Columns(int from, int count, Tile tile, int at, Warm<StripKernel> kernel, StripKernel plain) {

        /** Brings some channels of the kernel into its panel. */
        void pack(Object kernel, int offset, int filters, int channels, Object panels) {
            int last = tile.lanes().count();
            boolean follows = count == tile.columns();
            int before = follows ? count : tile.columns() - last;
            for (int i = 0; i < channels; i++) {
                int row = offset + i * filters + from;
                int to = at + i * tile.columns();
                System.arraycopy(kernel, row, panels, to, before);
                if (!follows) {
                    System.arraycopy(kernel, row + count - last, panels, to + before, last);
                }
            }
        }
    }

    /** What the panels follow from. */
    private record Form(Lanes lanes, int channels, int filters) {
    }

    PointwiseConvolution(Lanes lanes, ElementType type, ConvShape shape) {
        this.type = type;
        this.shape = shape;
        this.lanes = lanes;
        this.parts = parts(lanes, CacheLine.first(type.bits() / Byte.SIZE));
        Columns last = parts.getLast();
        this.panelElements = last.at() + shape.channels() * last.tile().columns();
        this.pixels = shape.isPointwise() ? null : Patches.gathering(type, lanes, shape);
    }

    /** Two or three vectors of filters at a time, the last of which may lie over the one before it; or one, where there is no more. */
    private List<Columns> parts(Lanes lanes, int firstAt) {
        List<Columns> result = new ArrayList<>();
        int at = firstAt;
        int filters = shape.filters();
        for (int from = 0, left = Math.ceilDiv(filters, lanes.count()); left > 0;) {
            int vectors = Tile.vectors(lanes, left);
            int count = Math.min(vectors * lanes.count(), filters - from);
            Tile tile = Tile.of(lanes, vectors);
            result.add(new Columns(from, count, tile, at, MicroKernels.warmStrip(type, tile), new PlainStrip(tile)));
            at += shape.channels() * tile.columns();
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

    private final class Call extends PackedCall {
        private final Pool.Task bandTask = (band, _) -> band(band);
        private Object panels = this;
        private int bands;

        Call() {
            super(type, new Form(lanes, shape.channels(), shape.filters()), panelElements);
        }

        @Override
        void pack(Object kernel, Object to) {
            for (int i = 0; i < parts.size(); i++) {
                parts.get(i).pack(kernel, rightOffset, shape.filters(), shape.channels(), to);
            }
        }

        @Override
        void compute(Object packed) {
            for (int i = 0; i < parts.size(); i++) {
                PlainKernel.awaitFor(shape.operations(), type, parts.get(i).kernel());
            }
            int wanted = Bands.of(shape.pixels(), shape.filters(), 1, shape.operations(), pool.workers()).count();
            bands = Math.min(wanted, shape.pixels() / LEAST_PIXELS);
            panels = packed;
            pool.run(bands, bandTask);
            panels = this;
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
                part.kernel().kernelOr(part.plain()).run(image, at, channels, panels, part.at(), 0, result,
                        resultOffset + from * filters + part.from(), filters, channels, part.count(), to - from);
            }
        }
    }
}
