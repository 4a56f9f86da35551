package dev.gamelan.nn;

import dev.gamelan.tensor.Tree;
import java.util.Arrays;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Data sets and batches that are made of others. */
final class Views {

    private Views() {}

    record Mapped<I extends Tree, T extends Tree, J extends Tree, U extends Tree>(Dataset<I, T> all,
            Function<Example<I, T>, Example<J, U>> change) implements Dataset<J, U> {

        @Override
        public int size() {
            return all.size();
        }

        @Override
        public Example<J, U> get(int index) {
            return change.apply(all.get(index));
        }
    }

    /** Some examples of another data set. */
    static final class Chosen<I extends Tree, T extends Tree> implements Dataset<I, T> {

        private final Dataset<I, T> all;
        private final int[] indices;

        Chosen(Dataset<I, T> all, int[] indices) {
            this.all = all;
            this.indices = indices;
        }

        @Override
        public int size() {
            return indices.length;
        }

        @Override
        public Example<I, T> get(int index) {
            return all.get(indices[index]);
        }

        @Override
        public Batch<I, T> batch(int... chosen) {
            return all.batch(IntStream.of(chosen).map(i -> indices[i]).toArray());
        }
    }

    record Ordered<I extends Tree, T extends Tree>(Dataset<I, T> data, int batchSize) implements Batches<I, T> {

        @Override
        public int count() {
            return batchCount(data, batchSize);
        }

        @Override
        public int examples() {
            return data.size();
        }

        @Override
        public Batch<I, T> get(int epoch, int index) {
            Objects.checkIndex(index, count());
            int from = index * batchSize;
            return data.batch(IntStream.range(from, Math.min(from + batchSize, data.size())).toArray());
        }
    }

    static final class Shuffled<I extends Tree, T extends Tree> implements Batches<I, T> {

        private record Order(int epoch, int[] indices) {}

        private final Dataset<I, T> data;
        private final int batchSize;
        private final long seed;
        private volatile @Nullable Order last;

        Shuffled(Dataset<I, T> data, int batchSize, long seed) {
            this.data = data;
            this.batchSize = batchSize;
            this.seed = seed;
        }

        @Override
        public int count() {
            return batchCount(data, batchSize);
        }

        @Override
        public int examples() {
            return data.size();
        }

        @Override
        public Batch<I, T> get(int epoch, int index) {
            Objects.checkIndex(index, count());
            int from = index * batchSize;
            return data.batch(Arrays.copyOfRange(order(epoch), from, Math.min(from + batchSize, data.size())));
        }

        private int[] order(int epoch) {
            Order order = last;
            if (order == null || order.epoch != epoch) {
                order = new Order(epoch, Shuffle.permutation(data.size(), Shuffle.mix(seed, epoch)));
                last = order;
            }
            return order.indices;
        }

        @Override
        public Batches<I, T> seed(long value) {
            return new Shuffled<>(data, batchSize, value);
        }
    }

    record MappedBatches<I extends Tree, T extends Tree, J extends Tree, U extends Tree>(Batches<I, T> all,
            Function<Batch<I, T>, Batch<J, U>> change) implements Batches<J, U> {

        @Override
        public int count() {
            return all.count();
        }

        @Override
        public int examples() {
            return all.examples();
        }

        @Override
        public Batch<J, U> get(int epoch, int index) {
            return change.apply(all.get(epoch, index));
        }

        @Override
        public Batches<J, U> seed(long value) {
            return new MappedBatches<>(all.seed(value), change);
        }

        @Override
        public int ahead() {
            return all.ahead();
        }
    }

    record Prefetched<I extends Tree, T extends Tree>(Batches<I, T> all, int ahead) implements Batches<I, T> {

        @Override
        public int count() {
            return all.count();
        }

        @Override
        public int examples() {
            return all.examples();
        }

        @Override
        public Batch<I, T> get(int epoch, int index) {
            return all.get(epoch, index);
        }

        @Override
        public Batches<I, T> seed(long value) {
            return new Prefetched<>(all.seed(value), ahead);
        }
    }

    private static int batchCount(Dataset<?, ?> data, int batchSize) {
        return Math.ceilDiv(data.size(), batchSize);
    }
}
