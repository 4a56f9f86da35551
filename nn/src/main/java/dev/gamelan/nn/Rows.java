package dev.gamelan.nn;

import dev.gamelan.ir.Data;
import dev.gamelan.shape.Shape;
import dev.gamelan.shape.ShapeException;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.Tensors;
import dev.gamelan.tensor.Tree;
import dev.gamelan.tensor.Trees;
import java.util.List;
import java.util.stream.IntStream;

/** Picks slices along axis 0 with plain copies. */
final class Rows {

    private Rows() {}

    static Tensor pick(Tensor x, int... indices) {
        Data data = x.data();
        int row = x.shape().slice(1, x.rank()).length();
        Object picked = data.dtype().newArray(indices.length * row);
        for (int i = 0; i < indices.length; i++) {
            System.arraycopy(data.array(), indices[i] * row, picked, i * row, row);
        }
        return Tensor.of(Data.of(data.dtype(), x.shape().with(0, indices.length), picked));
    }

    static Tensor one(Tensor x, int index) {
        Tensor row = pick(x, index);
        Shape example = x.shape().slice(1, x.rank());
        return Tensor.of(Data.of(x.dtype(), example, row.data().array()));
    }

    /** Trees of equal shapes with a new axis 0 along which they lie. */
    static <T extends Tree> T stack(List<T> trees) {
        List<List<Tensor>> leaves = trees.stream().map(Trees::leaves).toList();
        List<Tensor> stacked = IntStream.range(0, leaves.getFirst().size())
                .mapToObj(leaf -> Tensors.stack(0, leaves.stream().map(all -> all.get(leaf)).toList())).toList();
        return Trees.withLeaves(trees.getFirst(), stacked);
    }

    /** Tensors that differ along axis 0 alone, side by side, with zeros behind the ends: (count, length, ...). */
    static Tensor padded(List<Tensor> sequences, int length) {
        Tensor first = sequences.getFirst();
        Shape element = first.shape().slice(1, first.rank());
        int row = element.length();
        Object values = first.dtype().newArray(sequences.size() * length * row);
        for (int i = 0; i < sequences.size(); i++) {
            Data data = sequences.get(i).data();
            if (data.dtype() != first.dtype() || !data.shape().slice(1, data.shape().rank()).equals(element)) {
                throw ShapeException.of("padded: sequences differ in more than their length",
                        first.dtype() + " of (length, ...) with " + element,
                        data.type().toString());
            }
            System.arraycopy(data.array(), 0, values, i * length * row, data.length());
        }
        return Tensor.of(Data.of(first.dtype(), Shape.of(sequences.size(), length).concat(element), values));
    }
}
