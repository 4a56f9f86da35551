package dev.gamelan.domains.vision;

import dev.gamelan.ir.Data;
import dev.gamelan.nn.Batch;
import dev.gamelan.nn.Dataset;
import dev.gamelan.nn.Example;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import dev.gamelan.shape.ShapeException;
import dev.gamelan.tensor.Tensor;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * Labeled pictures as bytes, which take a quarter of the memory of floats: {@code pixels} is
 * {@code (images, height, width, channels)} from 0 to 255, {@code classes} one number from 0 per image. Whoever makes
 * one gives the arrays away.
 *
 * <p>As a data set it gives UINT8 {@code (height, width, channels)} and INT32 {@code ()}: a model for it starts with
 * {@link Normalize}.
 *
 * @param shape of one image: {@code (height, width, channels)}
 */
public record Images(Shape shape, byte[] pixels, int[] classes) implements Dataset<Tensor, Tensor> {

    public Images {
        if (shape.rank() != 3 || (long) shape.length() * classes.length != pixels.length) {
            throw ShapeException.of("images: sizes differ", "(height, width, channels) bytes for each of " + classes.length
                    + " images", pixels.length + " bytes for images of " + shape);
        }
    }

    @Override
    public int size() {
        return classes.length;
    }

    @Override
    public Example<Tensor, Tensor> get(int index) {
        Images one = select(index);
        return new Example<>(Tensor.of(Data.of(DType.UINT8, shape, one.pixels)),
                Tensor.of(Data.of(DType.INT32, Shape.SCALAR, one.classes)));
    }

    @Override
    public Batch<Tensor, Tensor> batch(int... indices) {
        Images some = select(indices);
        return new Batch<>(some.input(), Tensor.of(Data.of(DType.INT32, Shape.of(some.size()), some.classes)));
    }

    /** All of them at once: UINT8 {@code (images, height, width, channels)}. */
    Tensor input() {
        return Tensor.of(Data.of(DType.UINT8, Shape.of(size()).concat(shape), pixels));
    }

    /** Copies some images, in the order given. */
    public Images select(int... rows) {
        int length = shape.length();
        byte[] selected = new byte[Math.multiplyExact(rows.length, length)];
        int[] labels = new int[rows.length];
        for (int i = 0; i < rows.length; i++) {
            System.arraycopy(pixels, rows[i] * length, selected, i * length, length);
            labels[i] = classes[rows[i]];
        }
        return new Images(shape, selected, labels);
    }

    /** The first {@code count} images, or all if there are fewer. */
    @Override
    public Images take(int count) {
        return count >= size() ? this : select(IntStream.range(0, count).toArray());
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Images that && shape.equals(that.shape) && Arrays.equals(pixels, that.pixels)
                && Arrays.equals(classes, that.classes);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(pixels) + Arrays.hashCode(classes);
    }

    @Override
    public String toString() {
        return size() + " images of " + shape;
    }
}
