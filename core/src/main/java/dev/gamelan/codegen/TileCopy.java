package dev.gamelan.codegen;

/**
 * Copies a small grid of elements, any distance apart in both arrays; one by one, in a form that HotSpot unrolls. There is a loop for each type
 * of array: weights of an imported network are copied before its first run, and a class made for it would take longer than the copies.
 */
final class TileCopy {

    private TileCopy() {}

    /** Element (i, j) is {@code outerFrom * i + innerFrom * j} after {@code from}, and goes to the like place after {@code to}. */
    static void run(Object source, int from, int outerFrom, int innerFrom, Object target, int to, int outerTo, int innerTo, int outer,
            int inner) {
        switch (source) {
            case float[] elements -> copy(elements, from, outerFrom, innerFrom, (float[]) target, to, outerTo, innerTo, outer, inner);
            case double[] elements -> copy(elements, from, outerFrom, innerFrom, (double[]) target, to, outerTo, innerTo, outer, inner);
            case int[] elements -> copy(elements, from, outerFrom, innerFrom, (int[]) target, to, outerTo, innerTo, outer, inner);
            case long[] elements -> copy(elements, from, outerFrom, innerFrom, (long[]) target, to, outerTo, innerTo, outer, inner);
            case short[] elements -> copy(elements, from, outerFrom, innerFrom, (short[]) target, to, outerTo, innerTo, outer, inner);
            case byte[] elements -> copy(elements, from, outerFrom, innerFrom, (byte[]) target, to, outerTo, innerTo, outer, inner);
            case boolean[] elements -> copy(elements, from, outerFrom, innerFrom, (boolean[]) target, to, outerTo, innerTo, outer, inner);
            default -> throw new IllegalArgumentException("expected an array of numbers, received " + source.getClass());
        }
    }

    private static void copy(float[] source, int from, int outerFrom, int innerFrom, float[] target, int to, int outerTo, int innerTo, int outer,
            int inner) {
        for (int i = 0; i < outer; i++) {
            int read = from + i * outerFrom;
            int written = to + i * outerTo;
            for (int j = 0; j < inner; j++) {
                target[written + j * innerTo] = source[read + j * innerFrom];
            }
        }
    }

    private static void copy(double[] source, int from, int outerFrom, int innerFrom, double[] target, int to, int outerTo, int innerTo, int outer,
            int inner) {
        for (int i = 0; i < outer; i++) {
            int read = from + i * outerFrom;
            int written = to + i * outerTo;
            for (int j = 0; j < inner; j++) {
                target[written + j * innerTo] = source[read + j * innerFrom];
            }
        }
    }

    private static void copy(int[] source, int from, int outerFrom, int innerFrom, int[] target, int to, int outerTo, int innerTo, int outer,
            int inner) {
        for (int i = 0; i < outer; i++) {
            int read = from + i * outerFrom;
            int written = to + i * outerTo;
            for (int j = 0; j < inner; j++) {
                target[written + j * innerTo] = source[read + j * innerFrom];
            }
        }
    }

    private static void copy(long[] source, int from, int outerFrom, int innerFrom, long[] target, int to, int outerTo, int innerTo, int outer,
            int inner) {
        for (int i = 0; i < outer; i++) {
            int read = from + i * outerFrom;
            int written = to + i * outerTo;
            for (int j = 0; j < inner; j++) {
                target[written + j * innerTo] = source[read + j * innerFrom];
            }
        }
    }

    private static void copy(short[] source, int from, int outerFrom, int innerFrom, short[] target, int to, int outerTo, int innerTo, int outer,
            int inner) {
        for (int i = 0; i < outer; i++) {
            int read = from + i * outerFrom;
            int written = to + i * outerTo;
            for (int j = 0; j < inner; j++) {
                target[written + j * innerTo] = source[read + j * innerFrom];
            }
        }
    }

    private static void copy(byte[] source, int from, int outerFrom, int innerFrom, byte[] target, int to, int outerTo, int innerTo, int outer,
            int inner) {
        for (int i = 0; i < outer; i++) {
            int read = from + i * outerFrom;
            int written = to + i * outerTo;
            for (int j = 0; j < inner; j++) {
                target[written + j * innerTo] = source[read + j * innerFrom];
            }
        }
    }

    private static void copy(boolean[] source, int from, int outerFrom, int innerFrom, boolean[] target, int to, int outerTo, int innerTo, int outer,
            int inner) {
        for (int i = 0; i < outer; i++) {
            int read = from + i * outerFrom;
            int written = to + i * outerTo;
            for (int j = 0; j < inner; j++) {
                target[written + j * innerTo] = source[read + j * innerFrom];
            }
        }
    }
}
