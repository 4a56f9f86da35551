package dev.gamelan.domains.vision;

import dev.gamelan.shape.Shape;
import dev.gamelan.shape.ShapeException;
import java.util.stream.IntStream;

/**
 * Labeled pictures as bytes, which take a quarter of the memory of floats: {@code pixels} is
 * {@code (images, height, width, channels)} from 0 to 255, {@code classes} one number from 0 per image. Whoever makes
 * one gives the arrays away.
 */
public record Images(Shape shape, byte[] pixels, int[] classes) {

    /** @param shape of one image: {@code (height, width, channels)} */
    public Images {
        if (shape.rank() != 3 || (long) shape.length() * classes.length != pixels.length) {
            throw ShapeException.of("images: sizes differ", "(height, width, channels) bytes for each of " + classes.length
                    + " images", pixels.length + " bytes for images of " + shape);
        }
    }

    public int size() {
        return classes.length;
    }

    /** Copies some images, in the order given. */
    public Images select(int[] rows) {
        int length = shape.length();
        byte[] selected = new byte[rows.length * length];
        int[] labels = new int[rows.length];
        for (int i = 0; i < rows.length; i++) {
            System.arraycopy(pixels, rows[i] * length, selected, i * length, length);
            labels[i] = classes[rows[i]];
        }
        return new Images(shape, selected, labels);
    }

    /** The first {@code count} images, or all if there are fewer. */
    public Images take(int count) {
        return count >= size() ? this : select(IntStream.range(0, count).toArray());
    }
}
