package dev.gamelan.nn;

import dev.gamelan.tensor.Tensor;
import java.util.Random;

/** Points in a square; the class is whether both coordinates have the same sign. */
final class Quadrants {

    private Quadrants() {}

    static Dataset<Tensor, Tensor> of(int count) {
        Random random = new Random(1);
        float[] points = new float[count * 2];
        int[] classes = new int[count];
        for (int i = 0; i < count; i++) {
            points[2 * i] = random.nextFloat() * 2 - 1;
            points[2 * i + 1] = random.nextFloat() * 2 - 1;
            classes[i] = points[2 * i] * points[2 * i + 1] > 0 ? 1 : 0;
        }
        return Dataset.of(Tensor.of(points, count, 2), Tensor.ofInts(classes));
    }
}
