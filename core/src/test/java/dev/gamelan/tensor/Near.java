package dev.gamelan.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.gamelan.shape.Shape;

/** Comparing computed tensors with numbers. */
final class Near {

    private Near() {}

    static void assertNear(Tensor actual, double... expected) {
        assertArrayEquals(expected, actual.toDoubleArray(), 1e-5);
    }

    static void assertNear(Tensor actual, double[] expected, double tolerance) {
        assertArrayEquals(expected, actual.toDoubleArray(), tolerance);
    }

    static void assertInts(Tensor actual, int... expected) {
        assertArrayEquals(expected, actual.toIntArray());
    }

    static void assertBooleans(Tensor actual, boolean... expected) {
        assertArrayEquals(expected, actual.toBooleanArray());
    }

    static void assertShape(Tensor actual, int... dims) {
        assertEquals(Shape.of(dims), actual.shape());
    }
}
