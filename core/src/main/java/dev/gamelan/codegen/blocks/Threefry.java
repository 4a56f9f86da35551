package dev.gamelan.codegen.blocks;

/**
 * Random bits: Threefry-2x32 with 20 rounds of the counter (i, 0), first word. Salmon et al., 2011. Four rounds at a time, as HotSpot makes
 * no vectors of longer loops.
 */
public final class Threefry {

    private static final int PARITY = 0x1BD11BDA;
    /** Words that are computed together, so that they stay in the first cache. */
    public static final int BLOCK = 1024;

    private Threefry() {}

    /**
     * Writes the words of counters {@code from} to {@code from + count - 1}.
     *
     * @param count  at most {@link #BLOCK}
     * @param target gets them from its start on: HotSpot makes no vectors where two arrays, which might be one, are read at different places
     * @param scratch as long as {@code target}
     */
    public static void fill(int k0, int k1, int from, int count, int[] target, int[] scratch) {
        int k2 = PARITY ^ k0 ^ k1;
        begin(from + k0, k1, target, scratch, count);
        oddRounds(k1, k2 + 1, target, scratch, count);
        evenRounds(k2, k0 + 2, target, scratch, count);
        oddRounds(k0, k1 + 3, target, scratch, count);
        evenRounds(k1, k2 + 4, target, scratch, count);
        oddRounds(k2, k0 + 5, target, scratch, count);
    }

    private static void begin(int first, int second, int[] x, int[] y, int n) {
        for (int i = 0; i < n; i++) {
            x[i] = first + i;
            y[i] = second;
        }
    }

    /** Rounds 1 to 4, 9 to 12 or 17 to 20, and what is added after them. */
    private static void oddRounds(int addX, int addY, int[] x, int[] y, int n) {
        for (int i = 0; i < n; i++) {
            int a = x[i];
            int b = y[i];
            a += b;
            b = Integer.rotateLeft(b, 13) ^ a;
            a += b;
            b = Integer.rotateLeft(b, 15) ^ a;
            a += b;
            b = Integer.rotateLeft(b, 26) ^ a;
            a += b;
            b = Integer.rotateLeft(b, 6) ^ a;
            x[i] = a + addX;
            y[i] = b + addY;
        }
    }

    /** Rounds 5 to 8 or 13 to 16, and what is added after them. */
    private static void evenRounds(int addX, int addY, int[] x, int[] y, int n) {
        for (int i = 0; i < n; i++) {
            int a = x[i];
            int b = y[i];
            a += b;
            b = Integer.rotateLeft(b, 17) ^ a;
            a += b;
            b = Integer.rotateLeft(b, 29) ^ a;
            a += b;
            b = Integer.rotateLeft(b, 16) ^ a;
            a += b;
            b = Integer.rotateLeft(b, 24) ^ a;
            x[i] = a + addX;
            y[i] = b + addY;
        }
    }
}
