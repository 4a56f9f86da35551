package dev.gamelan.codegen;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import org.junit.jupiter.api.Test;

class RandomKernelTest {

    @Test
    void theBitsOfTheScalarLoop() {
        int[] keys = {0, 1, -1, 0x13198a2e, Integer.MIN_VALUE};
        for (Lanes lanes : Forms.all(ElementType.INT)) {
            RandomKernel.Fill kernel = KernelClass.define(RandomKernel.Fill.class, "TestRandom", lanes, RandomKernel::emit);
            for (int k0 : keys) {
                for (int k1 : keys) {
                    int[] expected = new int[70];
                    int[] received = new int[70];
                    RandomInstruction.fill(k0, k1, 32, 64, expected, 3);
                    kernel.run(k0, k1, 32, 64, received, 3);
                    assertArrayEquals(expected, received, lanes + " with the key " + k0 + ", " + k1);
                }
            }
        }
    }
}
