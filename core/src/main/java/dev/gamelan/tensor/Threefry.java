package dev.gamelan.tensor;

/**
 * Threefry-2x32 with 20 rounds (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011), for keys that are
 * known while a program is written; gives the same bits as {@link dev.gamelan.ir.Op.RandomBits}.
 */
final class Threefry {

    private static final int[] ROTATIONS = {13, 15, 26, 6, 17, 29, 16, 24};
    private static final int PARITY = 0x1BD11BDA;

    private Threefry() {}

    /** The first word of the counter (i, 0). */
    static int bits(int key0, int key1, int i) {
        int[] keys = {key0, key1, key0 ^ key1 ^ PARITY};
        int x0 = i + key0;
        int x1 = key1;
        for (int round = 0; round < 20; round++) {
            x0 += x1;
            x1 = Integer.rotateLeft(x1, ROTATIONS[round % 8]) ^ x0;
            if (round % 4 == 3) {
                int injection = round / 4 + 1;
                x0 += keys[injection % 3];
                x1 += keys[(injection + 1) % 3] + injection;
            }
        }
        return x0;
    }
}
