package dev.gamelan.codegen;

import static dev.gamelan.codegen.Numbers.numbers;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.gamelan.codegen.blocks.FloatOp;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The loops that stand in for ordinary ones have their bits. */
class EarlyLoopsTest {
    private static final float[] SPECIAL = {Float.NaN, 0f, -0f, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, Float.MIN_VALUE,
            -Float.MIN_NORMAL, Float.MAX_VALUE, 1f};

    @BeforeEach
    void waitForTheLoops() {
        assumeTrue(EarlyLoops.await());
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 16, 37, 256})
    void compute(int count) {
        int length = (count + 63) / 64 * 64;
        float[] x = withSpecial(1, length, 1);
        float[] y = withSpecial(2, length, 4);
        float[] z = withSpecial(3, length, 9);
        int[] ints = new int[length];
        boolean[] truths = new boolean[length];
        for (int i = 0; i < length; i++) {
            ints[i] = i * 0x9E3779B9;
            truths[i] = ints[i] < 0;
        }
        for (int i = 0; i < WarmedLoops.OPERATIONS.size(); i++) {
            FloatOp operation = WarmedLoops.OPERATIONS.get(i);
            Object first = operation == FloatOp.SELECT ? truths : operation == FloatOp.OF_INT || operation == FloatOp.OF_BITS ? ints : x;
            float[] expected = new float[length];
            float[] actual = new float[length];
            operation.run(first, y, z, expected, 0, count);
            WarmedLoops.run(i, first, y, z, actual, 0, count);
            assertArrayEquals(Arrays.copyOf(expected, count), Arrays.copyOf(actual, count), operation.name());
        }
    }

    private static float[] withSpecial(int seed, int length, int step) {
        float[] result = numbers(seed, length);
        for (int i = 0; i < length; i += 2) {
            result[i] = SPECIAL[i / 2 / step % SPECIAL.length];
        }
        return result;
    }
}
