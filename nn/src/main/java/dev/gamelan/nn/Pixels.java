package dev.gamelan.nn;

import dev.gamelan.ir.Data;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import dev.gamelan.shape.ShapeException;
import dev.gamelan.tensor.Tensor;
import java.util.Arrays;
import java.util.stream.IntStream;

/** Pictures with a class each; they stay bytes until a batch is made. */
record Pixels(byte[] pixels, Shape shape, int[] classes) implements Dataset<Tensor, Tensor> {

    private static final float[] VALUES = values();

    Pixels {
        if ((long) classes.length * shape.size() != pixels.length) {
            throw ShapeException.of("pictures and classes do not fit", classes.length + " pictures of " + shape + ": "
                    + classes.length * shape.size() + " bytes", pixels.length + " bytes");
        }
    }

    private static float[] values() {
        float[] values = new float[256];
        for (int i = 0; i < values.length; i++) {
            values[i] = i / 255f;
        }
        return values;
    }

    @Override
    public int size() {
        return classes.length;
    }

    @Override
    public Example<Tensor, Tensor> get(int index) {
        java.util.Objects.checkIndex(index, size());
        Tensor label = Tensor.of(Data.of(DType.INT32, Shape.SCALAR, new int[] {classes[index]}));
        return new Example<>(Tensor.of(Data.of(DType.FLOAT32, shape, floats(index))), label);
    }

    @Override
    public Batch<Tensor, Tensor> batch(int... indices) {
        Data images = Data.of(DType.FLOAT32, Shape.of(indices.length).concat(shape), floats(indices));
        int[] labels = IntStream.of(indices).map(i -> classes[i]).toArray();
        return new Batch<>(Tensor.of(images), Tensor.of(Data.of(DType.INT32, Shape.of(labels.length), labels)));
    }

    private float[] floats(int... indices) {
        int length = shape.length();
        float[] result = new float[indices.length * length];
        for (int i = 0; i < indices.length; i++) {
            int from = indices[i] * length;
            int to = i * length;
            for (int j = 0; j < length; j++) {
                result[to + j] = VALUES[pixels[from + j] & 0xFF];
            }
        }
        return result;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Pixels that && shape.equals(that.shape) && Arrays.equals(pixels, that.pixels)
                && Arrays.equals(classes, that.classes);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(pixels) + Arrays.hashCode(classes);
    }

    @Override
    public String toString() {
        return size() + " pictures of " + shape;
    }
}
