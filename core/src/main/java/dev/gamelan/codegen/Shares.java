package dev.gamelan.codegen;

/** How rows or columns are shared among threads. */
final class Shares {
    private Shares() {
    }

    /**
     * How many parts of {@code extent} rows or columns give the threads the most even shares, with {@code least} to {@code most} for each;
     * many rather than few.
     */
    static int evenParts(int extent, int unit, int threads, int least, int most) {
        int best = least * threads;
        int smallest = Integer.MAX_VALUE;
        for (int each = least; each <= most; each++) {
            int step = roundUp(Math.ceilDiv(extent, each * threads), unit);
            int largestShare = Math.ceilDiv(Math.ceilDiv(extent, step), threads) * step;
            if (largestShare <= smallest) {
                smallest = largestShare;
                best = each * threads;
            }
        }
        return best;
    }

    /** The least multiple of {@code unit} that is at least {@code n}, and not 0. */
    static int roundUp(int n, int unit) {
        return Math.max(1, Math.ceilDiv(n, unit)) * unit;
    }

    /** The largest number that divides both. */
    static int commonDivisor(int a, int b) {
        return b == 0 ? a : commonDivisor(b, a % b);
    }
}
