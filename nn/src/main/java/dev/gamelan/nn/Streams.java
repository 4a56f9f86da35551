package dev.gamelan.nn;

import dev.gamelan.ir.Data;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Tensor;
import java.util.Objects;

/** See {@link Batches#streams}. */
record Streams(Tensor ids, int rows, int length) implements Batches<Tensor, Tensor> {

    @Override
    public int count() {
        return rowLength() / length;
    }

    @Override
    public int examples() {
        return count() * rows;
    }

    @Override
    public Batch<Tensor, Tensor> get(int epoch, int index) {
        Objects.checkIndex(index, count());
        return new Batch<>(window(index * length), window(index * length + 1));
    }

    private int rowLength() {
        return (int) ((ids.size() - 1) / rows);
    }

    private Tensor window(int offset) {
        Data data = ids.data();
        Object window = data.dtype().newArray(rows * length);
        for (int row = 0; row < rows; row++) {
            System.arraycopy(data.array(), row * rowLength() + offset, window, row * length, length);
        }
        return Tensor.of(Data.of(data.dtype(), Shape.of(rows, length), window));
    }
}
