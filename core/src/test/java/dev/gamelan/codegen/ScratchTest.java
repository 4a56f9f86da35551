package dev.gamelan.codegen;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ScratchTest {

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 255, 256, 257, 4096, 4097, 1 << 20, (1 << 20) + 12, (1 << 20) + (1 << 17) + 1})
    void arraysAreHardlyLongerThanAskedFor(int length) {
        int got = ((float[]) Scratch.borrow(ElementType.FLOAT, length)).length;

        assertTrue(got >= length, () -> got + " for " + length);
        assertTrue(got <= Math.max(256, length + length / 8 + 16) || isOfAnother(got, length), () -> got + " for " + length);
    }

    /** An array that another test left may be longer, but of the same octave. */
    private static boolean isOfAnother(int got, int length) {
        return Integer.highestOneBit(got - 1) == Integer.highestOneBit(length - 1);
    }

    @Test
    void whatIsTooShortMakesRoom() {
        // Lengths that no kernel of another test asks for.
        Object small = Scratch.borrow(ElementType.DOUBLE, (1 << 22) + 1);
        Scratch.giveBack(ElementType.DOUBLE, small);
        double[] large = (double[]) Scratch.borrow(ElementType.DOUBLE, 7 << 20);

        assertNotSame(small, large);
        assertEquals(7 << 20, large.length);
    }
}
