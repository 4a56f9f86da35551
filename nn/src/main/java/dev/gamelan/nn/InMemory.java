package dev.gamelan.nn;

import dev.gamelan.shape.ShapeException;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.Tree;
import dev.gamelan.tensor.Trees;
import java.util.List;

/** A data set of tensors that have the examples along axis 0. */
record InMemory<I extends Tree, T extends Tree>(I inputs, T targets, int size) implements Dataset<I, T> {

    static <I extends Tree, T extends Tree> InMemory<I, T> of(I inputs, T targets) {
        List<Tensor> leaves = Trees.leaves(new Batch<>(inputs, targets));
        int size = leaves.getFirst().rank() == 0 ? -1 : leaves.getFirst().dim(0);
        for (Tensor leaf : leaves) {
            if (leaf.rank() == 0 || leaf.dim(0) != size) {
                throw ShapeException.of("a data set's tensors must have the same number of examples along axis 0",
                        "shapes that start with one number", leaves.stream().map(Tensor::shape).toList().toString());
            }
        }
        return new InMemory<>(inputs, targets, size);
    }

    @Override
    public Example<I, T> get(int index) {
        java.util.Objects.checkIndex(index, size);
        return new Example<>(Trees.map(inputs, x -> Rows.one(x, index)), Trees.map(targets, x -> Rows.one(x, index)));
    }

    @Override
    public Batch<I, T> batch(int... indices) {
        return new Batch<>(Trees.map(inputs, x -> Rows.pick(x, indices)), Trees.map(targets, x -> Rows.pick(x, indices)));
    }
}
