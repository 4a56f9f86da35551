package dev.gamelan.codegen;

/**
 * Sums of a depthwise convolution by ordinary loops, as {@link PlainKernel} is a product.
 *
 * @param begins whether sums begin with 0
 */
record PlainDepthwise(boolean begins) implements DepthwiseKernels.Sum {

    @Override
    public void run(Object x, int xOffset, int xStep, int[] xPlaces, Object w, int wOffset, int[] wPlaces, Object before, int beforeOffset,
            Object y, int yOffset, int yStep, int pixels, int channels) {
        for (int p = 0; p < pixels; p++) {
            int from = xOffset + p * xStep;
            int to = yOffset + p * yStep;
            if (begins) {
                Scratch.zero(y, to, to + channels);
            } else {
                System.arraycopy(before, beforeOffset + p * yStep, y, to, channels);
            }
            for (int t = 0; t < xPlaces.length; t++) {
                if (y instanceof float[] sums) {
                    addProducts((float[]) x, from + xPlaces[t], (float[]) w, wOffset + wPlaces[t], sums, to, channels);
                } else {
                    addProducts((double[]) x, from + xPlaces[t], (double[]) w, wOffset + wPlaces[t], (double[]) y, to, channels);
                }
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
