package dev.gamelan.nn;

import dev.gamelan.ir.Data;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Tensor;

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
}
