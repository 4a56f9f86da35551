package dev.gamelan.nn;

import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.Tree;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;

/** See {@link Dataset#paddedInputs} and {@link Dataset#padded}. */
record PaddedData<S extends Tree, T extends Tree>(Dataset<Tensor, S> data, Function<List<S>, T> together) implements Dataset<Padded, T> {

    private static final int MULTIPLE = 16;

    static Padded padded(List<Tensor> sequences) {
        return Padded.of(sequences, MULTIPLE);
    }

    static <T extends Tree> T targets(List<T> targets) {
        return Rows.stack(targets);
    }

    @Override
    public int size() {
        return data.size();
    }

    /** A batch of one. */
    @Override
    public Example<Padded, T> get(int index) {
        Batch<Padded, T> batch = batch(index);
        return new Example<>(batch.input(), batch.target());
    }

    @Override
    public Batch<Padded, T> batch(int... indices) {
        List<Example<Tensor, S>> examples = IntStream.of(indices).mapToObj(data::get).toList();
        return new Batch<>(padded(examples.stream().map(Example::input).toList()),
                together.apply(examples.stream().map(Example::target).toList()));
    }
}
