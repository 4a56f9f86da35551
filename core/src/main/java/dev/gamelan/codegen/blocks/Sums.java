package dev.gamelan.codegen.blocks;

/**
 * Collects what a reduction combines, in the order in which an emitted kernel does: along a row, element i goes to partial result
 * {@code i % (lanes * parts)} as long as there are whole groups of them.
 */
public final class Sums {

    /** How two results become one. */
    public enum Kind {
        SUM, PROD, MAX, MIN
    }

    private Sums() {}

    /**
     * Adds a line to the partial results of a row.
     *
     * @param lanes elements of a vector
     * @param parts vectors of partial results: 1, or more where a loop is unrolled; what is left of a line goes to the first, and less than a vector
     *        to the second
     */
    public static void add(Kind kind, Object line, int at, int n, Object sums, int lanes, int parts) {
        int group = lanes * parts;
        int i = 0;
        for (; i + group <= n; i += group) {
            combine(kind, line, at + i, sums, 0, group);
        }
        for (; i + lanes <= n; i += lanes) {
            combine(kind, line, at + i, sums, 0, lanes);
        }
        combine(kind, line, at + i, sums, parts > 1 ? lanes : 0, n - i);
    }

    /** Combines {@code n} neighbors, each with a result of its own. */
    public static void combine(Kind kind, Object line, int at, Object sums, int to, int n) {
        if (line instanceof float[] floats) {
            float[] results = (float[]) sums;
            switch (kind) {
                case SUM -> sum(floats, at, results, to, n);
                case PROD -> product(floats, at, results, to, n);
                case MAX -> maximum(floats, at, results, to, n);
                case MIN -> minimum(floats, at, results, to, n);
            }
        } else {
            int[] ints = (int[]) line;
            int[] results = (int[]) sums;
            switch (kind) {
                case SUM -> sum(ints, at, results, to, n);
                case PROD -> product(ints, at, results, to, n);
                case MAX -> maximum(ints, at, results, to, n);
                case MIN -> minimum(ints, at, results, to, n);
            }
        }
    }

    /** All partial results in the first, by halving: element i with element i + n/2. */
    public static void fold(Kind kind, Object sums, int n) {
        for (int half = n / 2; half > 0; half /= 2) {
            combine(kind, sums, half, sums, 0, half);
        }
    }

    private static void sum(float[] line, int at, float[] sums, int to, int n) {
        for (int i = 0; i < n; i++) {
            sums[to + i] += line[at + i];
        }
    }

    private static void product(float[] line, int at, float[] sums, int to, int n) {
        for (int i = 0; i < n; i++) {
            sums[to + i] *= line[at + i];
        }
    }

    private static void maximum(float[] line, int at, float[] sums, int to, int n) {
        for (int i = 0; i < n; i++) {
            sums[to + i] = Math.max(sums[to + i], line[at + i]);
        }
    }

    private static void minimum(float[] line, int at, float[] sums, int to, int n) {
        for (int i = 0; i < n; i++) {
            sums[to + i] = Math.min(sums[to + i], line[at + i]);
        }
    }

    private static void sum(int[] line, int at, int[] sums, int to, int n) {
        for (int i = 0; i < n; i++) {
            sums[to + i] += line[at + i];
        }
    }

    private static void product(int[] line, int at, int[] sums, int to, int n) {
        for (int i = 0; i < n; i++) {
            sums[to + i] *= line[at + i];
        }
    }

    private static void maximum(int[] line, int at, int[] sums, int to, int n) {
        for (int i = 0; i < n; i++) {
            sums[to + i] = Math.max(sums[to + i], line[at + i]);
        }
    }

    private static void minimum(int[] line, int at, int[] sums, int to, int n) {
        for (int i = 0; i < n; i++) {
            sums[to + i] = Math.min(sums[to + i], line[at + i]);
        }
    }
}
