package dev.gamelan.codegen;

import java.util.Random;

/** Numbers for tests of kernels. */
final class Numbers {
    private Numbers() {
    }

    /** Normally distributed; the same for the same seed. */
    static float[] numbers(long seed, int length) {
        Random random = new Random(seed);
        float[] result = new float[length];
        for (int i = 0; i < length; i++) {
            result[i] = (float) random.nextGaussian();
        }
        return result;
    }
}
