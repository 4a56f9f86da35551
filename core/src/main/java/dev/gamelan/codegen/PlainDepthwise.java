package dev.gamelan.codegen;

import dev.gamelan.codegen.DepthwiseSum.Taps;

/** Sums of a depthwise convolution by {@link EarlyDepthwise} where it can, else by ordinary loops, as {@link PlainKernel} is a product. */
record PlainDepthwise(Taps taps) implements DepthwiseSum {

    @Override
    public void run(Object x, int xOffset, int xLine, int xMove, int[] xRows, Object w, int wOffset, int[] wRows, Object y, int yOffset,
            int yLine, int yMove, int rowFrom, int rowTo, int lines, int pixels, int channels) {
        boolean early = y instanceof float[] && EarlyDepthwise.fits(channels);
        for (int line = 0; line < lines; line++) {
            int from = xOffset + line * xLine;
            int to = yOffset + line * yLine;
            if (early) {
                WarmedDepthwise.run((float[]) x, from, xMove, xRows, taps.reach(), (float[]) w, wOffset, wRows, taps.weight(), (float[]) y,
                        to,
                        yMove, rowFrom, rowTo, taps.columns(), pixels, channels);
            } else {
                for (int p = 0; p < pixels; p++) {
                    pixel(x, from + p * xMove, xRows, w, wOffset, wRows, y, to + p * yMove, rowFrom, rowTo, channels);
                }
            }
        }
    }

    private void pixel(Object x, int xOffset, int[] xRows, Object w, int wOffset, int[] wRows, Object y, int to, int rowFrom, int rowTo,
            int channels) {
        Scratch.zero(y, to, to + channels);
        for (int i = rowFrom * taps.columns(); i < rowTo * taps.columns(); i++) {
            int j = i / taps.columns();
            int k = i % taps.columns();
            int from = xOffset + xRows[j] + taps.place(0, k);
            int weight = wOffset + wRows[j] + k * taps.weight();
            if (y instanceof float[] sums) {
                addProducts((float[]) x, from, (float[]) w, weight, sums, to, channels);
            } else {
                addProducts((double[]) x, from, (double[]) w, weight, (double[]) y, to, channels);
            }
        }
    }

    private static void addProducts(float[] x, int from, float[] w, int at, float[] y, int to, int count) {
        for (int c = 0; c < count; c++) {
            y[to + c] = Math.fma(x[from + c], w[at + c], y[to + c]);
        }
    }

    private static void addProducts(double[] x, int from, double[] w, int at, double[] y, int to, int count) {
        for (int c = 0; c < count; c++) {
            y[to + c] = Math.fma(x[from + c], w[at + c], y[to + c]);
        }
    }
}
