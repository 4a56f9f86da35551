package dev.gamelan.codegen.reference;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import dev.gamelan.ir.Data;
import dev.gamelan.ir.Type;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import org.junit.jupiter.api.Test;

/** Against the known answers that come with Random123. */
class ThreefryTest {

    @Test
    void knownAnswers() {
        assertArrayEquals(new int[] {0x6b200159, 0x99ba4efe}, Threefry.block(0, 0, 0, 0));
        assertArrayEquals(new int[] {0x1cb996fc, 0xbb002be7}, Threefry.block(-1, -1, -1, -1));
        assertArrayEquals(new int[] {0xc4923a9c, 0x483df7a0}, Threefry.block(0x13198a2e, 0x03707344, 0x243f6a88, 0x85a308d3));
    }

    @Test
    void elementsAreFirstWordsOfTheirCounters() {
        Data key = Data.of(DType.INT32, Shape.of(2), new int[] {3, 4});
        int[] bits = (int[]) Threefry.bits(new Type(DType.INT32, Shape.of(2, 3)), key).array();
        for (int i = 0; i < bits.length; i++) {
            assertArrayEquals(new int[] {Threefry.block(3, 4, i, 0)[0]}, new int[] {bits[i]});
        }
    }
}
