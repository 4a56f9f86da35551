package dev.gamelan.nn;

import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.Tree;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;

/** Examples by number. Reading one must be possible from any thread. */
public interface Dataset<I extends Tree, T extends Tree> {

    int size();

    Example<I, T> get(int index);

    /** Examples that are in memory: every tensor of inputs and targets has them along axis 0. */
    static <I extends Tree, T extends Tree> Dataset<I, T> of(I inputs, T targets) {
        return InMemory.of(inputs, targets);
    }

    /**
     * Pictures as bytes with a class each, as FLOAT32 from 0 to 1 and INT32.
     *
     * @param pixels one picture after the other
     * @param shape  of one picture, such as (height, width, channels)
     */
    static Dataset<Tensor, Tensor> ofPixels(byte[] pixels, Shape shape, int[] classes) {
        return new Pixels(pixels, shape, classes);
    }

    /**
     * Examples whose inputs are sequences (length, ...) of different lengths: a batch is {@link Padded}, to the longest of it
     * rounded up to a multiple of 16, so that few shapes occur.
     */
    static <T extends Tree> Dataset<Padded, T> paddedInputs(Dataset<Tensor, T> data) {
        return new PaddedData<>(data, PaddedData::targets);
    }

    /** As {@link #paddedInputs}, where the targets are sequences as well, each as long as its input. */
    static Dataset<Padded, Padded> padded(Dataset<Tensor, Tensor> data) {
        return new PaddedData<>(data, PaddedData::padded);
    }

    /** Some examples at once. */
    default Batch<I, T> batch(int... indices) {
        List<Example<I, T>> examples = new ArrayList<>();
        for (int index : indices) {
            examples.add(get(index));
        }
        Example<I, T> together = Rows.stack(examples);
        return new Batch<>(together.input(), together.target());
    }

    /** Each example changed when it is read. To change whole batches, which is faster, see {@link Batches#inputs}. */
    default <J extends Tree, U extends Tree> Dataset<J, U> map(Function<Example<I, T>, Example<J, U>> change) {
        return new Views.Mapped<>(this, change);
    }

    /** Each input changed when it is read. */
    default <J extends Tree> Dataset<J, T> inputs(Function<I, J> change) {
        return map(example -> new Example<>(change.apply(example.input()), example.target()));
    }

    /** The first examples. */
    default Dataset<I, T> take(int count) {
        return new Views.Chosen<>(this, IntStream.range(0, Math.min(count, size())).toArray());
    }

    /** Two parts, mixed: {@code share} of the examples, and the others. The same seed gives the same parts. */
    default Split<I, T> split(double share, long seed) {
        int[] order = Shuffle.permutation(size(), seed);
        int first = (int) Math.round(share * size());
        return new Split<>(new Views.Chosen<>(this, Arrays.copyOf(order, first)),
                new Views.Chosen<>(this, Arrays.copyOfRange(order, first, order.length)));
    }

    /** Batches in order; the last may be smaller. */
    default Batches<I, T> batches(int batchSize) {
        return new Views.Ordered<>(this, Checks.positive("batches", "batch size", batchSize));
    }

    /** Batches in an order that only the seed (42 unless given) and the epoch decide; the last may be smaller. */
    default Batches<I, T> shuffledBatches(int batchSize) {
        return new Views.Shuffled<>(this, Checks.positive("batches", "batch size", batchSize), 42);
    }

    /** Two parts of a data set. */
    record Split<I extends Tree, T extends Tree>(Dataset<I, T> first, Dataset<I, T> second) {}
}
