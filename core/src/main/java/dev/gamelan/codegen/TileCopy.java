package dev.gamelan.codegen;

/**
 * Copies a small grid of elements, any distance apart in both arrays; one by one, in a form that HotSpot unrolls. There is a loop for each type
 * of array: weights of an imported network are copied before its first run, and a class made for it would take longer than the copies.
 */
final class TileCopy {

    private TileCopy() {}

    /** Element (i, j) is {@code rowFrom * i + stepFrom * j} after {@code from}, and goes to the like place after {@code to}. */
    static void run(Object source, int from, int rowFrom, int stepFrom, Object target, int to, int rowTo, int stepTo, int rows, int steps) {
        switch (source) {
            case float[] elements -> copy(elements, from, rowFrom, stepFrom, (float[]) target, to, rowTo, stepTo, rows, steps);
            case double[] elements -> copy(elements, from, rowFrom, stepFrom, (double[]) target, to, rowTo, stepTo, rows, steps);
            case int[] elements -> copy(elements, from, rowFrom, stepFrom, (int[]) target, to, rowTo, stepTo, rows, steps);
            case long[] elements -> copy(elements, from, rowFrom, stepFrom, (long[]) target, to, rowTo, stepTo, rows, steps);
            case short[] elements -> copy(elements, from, rowFrom, stepFrom, (short[]) target, to, rowTo, stepTo, rows, steps);
            case byte[] elements -> copy(elements, from, rowFrom, stepFrom, (byte[]) target, to, rowTo, stepTo, rows, steps);
            case boolean[] elements -> copy(elements, from, rowFrom, stepFrom, (boolean[]) target, to, rowTo, stepTo, rows, steps);
            default -> throw new IllegalArgumentException("expected an array of numbers, received " + source.getClass());
        }
    }

    private static void copy(float[] source, int from, int rowFrom, int stepFrom, float[] target, int to, int rowTo, int stepTo, int rows,
            int steps) {
        for (int i = 0; i < rows; i++) {
            int read = from + i * rowFrom;
            int written = to + i * rowTo;
            for (int j = 0; j < steps; j++) {
                target[written + j * stepTo] = source[read + j * stepFrom];
            }
        }
    }

    private static void copy(double[] source, int from, int rowFrom, int stepFrom, double[] target, int to, int rowTo, int stepTo, int rows,
            int steps) {
        for (int i = 0; i < rows; i++) {
            int read = from + i * rowFrom;
            int written = to + i * rowTo;
            for (int j = 0; j < steps; j++) {
                target[written + j * stepTo] = source[read + j * stepFrom];
            }
        }
    }

    private static void copy(int[] source, int from, int rowFrom, int stepFrom, int[] target, int to, int rowTo, int stepTo, int rows,
            int steps) {
        for (int i = 0; i < rows; i++) {
            int read = from + i * rowFrom;
            int written = to + i * rowTo;
            for (int j = 0; j < steps; j++) {
                target[written + j * stepTo] = source[read + j * stepFrom];
            }
        }
    }

    private static void copy(long[] source, int from, int rowFrom, int stepFrom, long[] target, int to, int rowTo, int stepTo, int rows,
            int steps) {
        for (int i = 0; i < rows; i++) {
            int read = from + i * rowFrom;
            int written = to + i * rowTo;
            for (int j = 0; j < steps; j++) {
                target[written + j * stepTo] = source[read + j * stepFrom];
            }
        }
    }

    private static void copy(short[] source, int from, int rowFrom, int stepFrom, short[] target, int to, int rowTo, int stepTo, int rows,
            int steps) {
        for (int i = 0; i < rows; i++) {
            int read = from + i * rowFrom;
            int written = to + i * rowTo;
            for (int j = 0; j < steps; j++) {
                target[written + j * stepTo] = source[read + j * stepFrom];
            }
        }
    }

    private static void copy(byte[] source, int from, int rowFrom, int stepFrom, byte[] target, int to, int rowTo, int stepTo, int rows,
            int steps) {
        for (int i = 0; i < rows; i++) {
            int read = from + i * rowFrom;
            int written = to + i * rowTo;
            for (int j = 0; j < steps; j++) {
                target[written + j * stepTo] = source[read + j * stepFrom];
            }
        }
    }

    private static void copy(boolean[] source, int from, int rowFrom, int stepFrom, boolean[] target, int to, int rowTo, int stepTo,
            int rows, int steps) {
        for (int i = 0; i < rows; i++) {
            int read = from + i * rowFrom;
            int written = to + i * rowTo;
            for (int j = 0; j < steps; j++) {
                target[written + j * stepTo] = source[read + j * stepFrom];
            }
        }
    }
}
