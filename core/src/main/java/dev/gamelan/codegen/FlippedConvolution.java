package dev.gamelan.codegen;

import dev.gamelan.ir.Derived;
import dev.gamelan.runtime.Pool;
import org.jspecify.annotations.Nullable;

/** The input's gradient where strides are 1: the convolution of the output's gradient with the flipped kernel. */
final class FlippedConvolution extends ConvPath {
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

    /** @param product the convolution with a flipped kernel */
    FlippedConvolution(Lanes lanes, ElementType type, ConvShape shape, Convolution.Run product) {
        this.type = type;
        this.shape = shape;
        this.packing = PackKernels.of(type, Tile.largest(lanes));
        this.product = product;
    }

    @Override
    ConvCall newCall() {
        return new Call();
    }

    private int elements() {
        return shape.taps() * shape.groupFilters() * shape.channels();
    }

    private final class Call extends ConvCall {
        private final Pool.Task flipTask = (task, _) -> flipTaps(task);
        private final Derived.Maker maker = this::keep;
        private Key key = new Key(shape.taps(), shape.groups(), shape.channels(), shape.filters(), 0);
        private Object flipped = this;
        private int tasks;

        @Override
        void compute() {
            Kept kept = derived == null ? null : kept(derived);
            if (kept == null) {
                flipped = Scratch.borrow(type, elements());
                flip();
                product.run(pool, left, leftOffset, flipped, 0, result, resultOffset, watcher());
                Scratch.giveBack(type, flipped);
            } else {
                product.run(pool, left, leftOffset, kept.kernel, 0, result, resultOffset, watcher(), kept.derived);
            }
            flipped = this;
        }

        private @Nullable Kept kept(Derived derived) {
            if (key.offset() != rightOffset) {
                key = new Key(shape.taps(), shape.groups(), shape.channels(), shape.filters(), rightOffset);
            }
            return (Kept) derived.get(key, maker);
        }

        private Object keep(@Nullable Object earlier) {
            Kept kept = earlier == null ? new Kept(type.newArray(elements()), new Derived(true)) : (Kept) earlier;
            flipped = kept.kernel;
            flip();
            kept.derived.change();
            return kept;
        }

        private void flip() {
            tasks = Math.clamp(elements() / LEAST_SHARE, 1, shape.taps());
            pool.run(tasks, flipTask);
        }

        private void flipTaps(int task) {
            for (int tap = shape.taps() * task / tasks; tap < shape.taps() * (task + 1) / tasks; tap++) {
                flipTap(tap);
            }
        }

        private void flipTap(int tap) {
            int channels = shape.groupChannels();
            int filters = shape.groupFilters();
            for (int group = 0; group < shape.groups(); group++) {
                int from = rightOffset + (shape.taps() - 1 - tap) * channels * shape.filters() + group * filters;
                packing.copy(right, from, 1, shape.filters(), flipped,
                        tap * filters * shape.channels() + group * channels, shape.channels(), filters, channels);
            }
        }
    }
}
