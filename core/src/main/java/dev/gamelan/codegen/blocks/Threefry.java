package dev.gamelan.codegen.blocks;

/** Random bits: Threefry-2x32 with 20 rounds of the counter (i, 0), first word. Salmon et al., 2011. */
public final class Threefry {

    private static final int PARITY = 0x1BD11BDA;

    private Threefry() {}

    /**
     * Writes the words of counters {@code from} to {@code from + count - 1}. Element by element without branches, so that HotSpot makes
     * vectors of it.
     */
    public static void fill(int k0, int k1, int from, int count, int[] target, int offset) {
        int k2 = PARITY ^ k0 ^ k1;
        for (int i = 0; i < count; i++) {
            int x = from + i + k0;
            int y = k1;
            x += y;
            y = (y << 13 | y >>> 19) ^ x;
            x += y;
            y = (y << 15 | y >>> 17) ^ x;
            x += y;
            y = (y << 26 | y >>> 6) ^ x;
            x += y;
            y = (y << 6 | y >>> 26) ^ x;
            x += k1;
            y += k2 + 1;
            x += y;
            y = (y << 17 | y >>> 15) ^ x;
            x += y;
            y = (y << 29 | y >>> 3) ^ x;
            x += y;
            y = (y << 16 | y >>> 16) ^ x;
            x += y;
            y = (y << 24 | y >>> 8) ^ x;
            x += k2;
            y += k0 + 2;
            x += y;
            y = (y << 13 | y >>> 19) ^ x;
            x += y;
            y = (y << 15 | y >>> 17) ^ x;
            x += y;
            y = (y << 26 | y >>> 6) ^ x;
            x += y;
            y = (y << 6 | y >>> 26) ^ x;
            x += k0;
            y += k1 + 3;
            x += y;
            y = (y << 17 | y >>> 15) ^ x;
            x += y;
            y = (y << 29 | y >>> 3) ^ x;
            x += y;
            y = (y << 16 | y >>> 16) ^ x;
            x += y;
            y = (y << 24 | y >>> 8) ^ x;
            x += k1;
            y += k2 + 4;
            x += y;
            y = (y << 13 | y >>> 19) ^ x;
            x += y;
            y = (y << 15 | y >>> 17) ^ x;
            x += y;
            y = (y << 26 | y >>> 6) ^ x;
            x += y;
            target[offset + i] = x + k2;
        }
    }
}
