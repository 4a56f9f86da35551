package dev.gamelan.codegen;

import java.util.Arrays;

/** Windows of floats by ordinary loops over channels, for as long as {@link PoolingCode} is not compiled; the bits are the same. */
record PlainPooling(PoolingCode.Kind kind) implements PoolingCode {

    @Override
    public void run(Object x, Object second, Object out, int xBase, int secondBase, int outBase, int xStep, int secondStep, int outStep,
            int windows, int[] taps, int count, int channels) {
        float[] from = (float[]) x;
        float[] other = (float[]) second;
        float[] to = (float[]) out;
        boolean picks = kind == Kind.PICK || kind == Kind.MAX_GRADIENT || kind == Kind.MAX_GRADIENT_APART;
        float[] largest = picks ? new float[channels] : from;
        int[] number = picks ? new int[channels] : taps;
        for (int window = 0; window < windows; window++) {
            int xAt = xBase + window * xStep;
            int secondAt = secondBase + window * secondStep;
            int outAt = outBase + window * outStep;
            if (picks) {
                findLargest(from, xAt, taps, count, channels, largest, number);
            }
            switch (kind) {
                case MAX -> {
                    Arrays.fill(to, outAt, outAt + channels, Float.NEGATIVE_INFINITY);
                    for (int t = 0; t < count; t++) {
                        max(from, xAt + taps[t], to, outAt, channels);
                    }
                }
                case SUM -> {
                    Arrays.fill(to, outAt, outAt + channels, 0);
                    for (int t = 0; t < count; t++) {
                        add(from, xAt + taps[t], to, outAt, channels);
                    }
                }
                case SUM_GRADIENT -> {
                    for (int t = 0; t < count; t++) {
                        add(from, xAt, to, outAt + taps[t], channels);
                    }
                }
                case SUM_GRADIENT_APART -> {
                    for (int t = 0; t < count; t++) {
                        System.arraycopy(from, xAt, to, outAt + taps[t], channels);
                    }
                }
                case PICK -> pick(other, secondAt, taps, count, number, to, outAt, channels);
                case MAX_GRADIENT -> {
                    for (int t = 0; t < count; t++) {
                        addWhere(number, t, other, secondAt, to, outAt + taps[t], channels);
                    }
                }
                case MAX_GRADIENT_APART -> {
                    for (int t = 0; t < count; t++) {
                        Arrays.fill(to, outAt + taps[t], outAt + taps[t] + channels, 0);
                    }
                    put(other, secondAt, taps, count, number, to, outAt, channels);
                }
            }
        }
    }

    private static void max(float[] x, int at, float[] to, int toAt, int n) {
        for (int i = 0; i < n; i++) {
            to[toAt + i] = Math.max(x[at + i], to[toAt + i]);
        }
    }

    private static void add(float[] x, int at, float[] to, int toAt, int n) {
        for (int i = 0; i < n; i++) {
            to[toAt + i] += x[at + i];
        }
    }

    /** The number of the first tap that has the largest of a window; a value that is not a number is larger than all. */
    private static void findLargest(float[] x, int base, int[] taps, int count, int channels, float[] largest, int[] number) {
        Arrays.fill(largest, Float.NEGATIVE_INFINITY);
        Arrays.fill(number, 0);
        for (int t = 0; t < count; t++) {
            replaceSmaller(x, base + taps[t], t, largest, number, channels);
        }
    }

    private static void replaceSmaller(float[] x, int at, int tap, float[] largest, int[] number, int n) {
        for (int i = 0; i < n; i++) {
            float next = x[at + i];
            if (!Float.isNaN(largest[i]) && !(next <= largest[i])) {
                largest[i] = next;
                number[i] = tap;
            }
        }
    }

    private static void pick(float[] from, int base, int[] taps, int count, int[] number, float[] to, int at, int n) {
        if (count == 0) {
            Arrays.fill(to, at, at + n, 0);
            return;
        }
        for (int i = 0; i < n; i++) {
            to[at + i] = from[base + taps[number[i]] + i];
        }
    }

    private static void put(float[] from, int at, int[] taps, int count, int[] number, float[] to, int base, int n) {
        for (int i = 0; i < n && count > 0; i++) {
            to[base + taps[number[i]] + i] = from[at + i];
        }
    }

    private static void addWhere(int[] number, int tap, float[] from, int at, float[] to, int toAt, int n) {
        for (int i = 0; i < n; i++) {
            to[toAt + i] += number[i] == tap ? from[at + i] : 0;
        }
    }
}
