package dev.gamelan.codegen.reference;

import dev.gamelan.ir.Data;
import dev.gamelan.ir.Type;

/**
 * Threefry-2x32 with 20 rounds: Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3" (2011).
 */
final class Threefry {

    private static final int PARITY = 0x1BD11BDA;
    private static final int[] ROTATIONS = {13, 15, 26, 6, 17, 29, 16, 24};

    private Threefry() {}

    static Data bits(Type type, Data key) {
        int[] bits = new int[type.shape().length()];
        int key0 = (int) key.getLong(0);
        int key1 = (int) key.getLong(1);
        for (int i = 0; i < bits.length; i++) {
            bits[i] = block(key0, key1, i, 0)[0];
        }
        return new Data(type, bits);
    }

    /** Both words of one block. */
    static int[] block(int key0, int key1, int counter0, int counter1) {
        int[] keys = {key0, key1, PARITY ^ key0 ^ key1};
        int x0 = counter0 + key0;
        int x1 = counter1 + key1;
        for (int round = 0; round < 20; round++) {
            x0 += x1;
            x1 = Integer.rotateLeft(x1, ROTATIONS[round % 8]) ^ x0;
            if (round % 4 == 3) {
                int injection = round / 4 + 1;
                x0 += keys[injection % 3];
                x1 += keys[(injection + 1) % 3] + injection;
            }
        }
        return new int[] {x0, x1};
    }
}
