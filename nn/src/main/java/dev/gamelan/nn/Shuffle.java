package dev.gamelan.nn;

/** Orders that depend on a seed alone, on every platform and in every version. */
final class Shuffle {

    private Shuffle() {}

    /** Fisher and Yates' shuffle of 0 to n - 1. */
    static int[] permutation(int n, long seed) {
        int[] order = new int[n];
        for (int i = 0; i < n; i++) {
            order[i] = i;
        }
        for (int i = n - 1; i > 0; i--) {
            int j = (int) Long.remainderUnsigned(mix(seed, i), i + 1L);
            int swap = order[i];
            order[i] = order[j];
            order[j] = swap;
        }
        return order;
    }

    /** A number that looks random, from two: the finalizer of SplitMix64 (Steele et al., 2014), twice. */
    static long mix(long seed, long number) {
        return finish(finish(seed + 0x9E3779B97F4A7C15L) + number * 0x9E3779B97F4A7C15L);
    }

    private static long finish(long bits) {
        long z = (bits ^ bits >>> 30) * 0xBF58476D1CE4E5B9L;
        z = (z ^ z >>> 27) * 0x94D049BB133111EBL;
        return z ^ z >>> 31;
    }
}
