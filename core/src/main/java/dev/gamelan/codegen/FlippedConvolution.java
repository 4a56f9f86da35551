package dev.gamelan.codegen;

import dev.gamelan.codegen.Convolution.PixelsDone;
import dev.gamelan.ir.Derived;
import dev.gamelan.runtime.Pool;
import org.jspecify.annotations.Nullable;

/** The input's gradient where strides are 1: the convolution of the output's gradient with the flipped kernel. */
final class FlippedConvolution implements Convolution.Run {
    /** Elements that are worth a task of their own. */
    private static final int LEAST_SHARE = 16 * 1024;

    /** What a flipped kernel follows from. */
    private record Key(int taps, int groups, int channels, int filters, int offset) {
    }

    /** A flipped kernel and what follows from it. */
    private record Kept(Object kernel, Derived derived) {
    }

    private final ElementType type;
    private final ConvShape shape;
    private final PackKernels packing;
    private final Convolution.Run product;

    FlippedConvolution(Lanes lanes, ElementType type, ConvShape shape, boolean kept) {
        this.type = type;
        this.shape = shape;
        this.packing = PackKernels.of(type, Tile.largest(lanes));
        this.product = Convolution.product(lanes, type, shape.transposed(), kept);
    }

    @Override
    public void run(Pool pool, Object gradient, int gradientOffset, Object kernel, int kernelOffset, Object result,
            int resultOffset, @Nullable PixelsDone done, @Nullable Derived derived) {
        Key key = new Key(shape.taps(), shape.groups(), shape.channels(), shape.filters(), kernelOffset);
        Kept kept = derived == null ? null : (Kept) derived.get(key, earlier -> {
            Kept flipped = earlier == null ? new Kept(type.newArray(elements()), new Derived(true)) : (Kept) earlier;
            flip(pool, kernel, kernelOffset, flipped.kernel);
            flipped.derived.change();
            return flipped;
        });
        if (kept != null) {
            product.run(pool, gradient, gradientOffset, kept.kernel, 0, result, resultOffset, done, kept.derived);
            return;
        }
        Object flipped = Scratch.borrow(type, elements());
        flip(pool, kernel, kernelOffset, flipped);
        product.run(pool, gradient, gradientOffset, flipped, 0, result, resultOffset, done);
        Scratch.giveBack(type, flipped);
    }

    private int elements() {
        return shape.taps() * shape.groupFilters() * shape.channels();
    }

    private void flip(Pool pool, Object kernel, int kernelOffset, Object flipped) {
        int tasks = Math.clamp(elements() / LEAST_SHARE, 1, shape.taps());
        pool.run(tasks, (task, _) -> {
            for (int tap = shape.taps() * task / tasks; tap < shape.taps() * (task + 1) / tasks; tap++) {
                flip(kernel, kernelOffset, tap, flipped);
            }
        });
    }

    private void flip(Object kernel, int kernelOffset, int tap, Object flipped) {
        int channels = shape.groupChannels();
        int filters = shape.groupFilters();
        for (int group = 0; group < shape.groups(); group++) {
            int from = kernelOffset + (shape.taps() - 1 - tap) * channels * shape.filters() + group * filters;
            packing.copy(kernel, from, 1, shape.filters(), flipped,
                    tap * filters * shape.channels() + group * channels, shape.channels(), filters, channels);
        }
    }
}
