package dev.gamelan.codegen;

import dev.gamelan.codegen.blocks.FloatMath;
import dev.gamelan.codegen.blocks.Sums;
import dev.gamelan.kernel.Attention.MaskKind;
import java.util.Arrays;

/**
 * {@link AttentionKernels} of floats by ordinary loops, for as long as they are not compiled; the bits are the same.
 *
 * @param lanes elements of a kernel's vector: sums are taken in as many parts
 */
record PlainAttention(MaskKind kind, int lanes) implements AttentionKernels.Weights, AttentionKernels.Merge, AttentionKernels.Scale,
        AttentionKernels.Dot, AttentionKernels.GradientRows {

    @Override
    public void run(Object scores, int at, int stride, int rows, int columns, int visible, Object mask, int maskAt, int maskStride,
            double scale, Object state, int stateAt, int queries) {
        float[] x = (float[]) scores;
        float[] s = (float[]) state;
        float[] sums = new float[lanes];
        for (int r = 0; r < rows; r++) {
            int row = at + r * stride;
            int end = Math.clamp(visible + (long) r, 0, columns);
            int before = stateAt + r;
            float most = Float.NEGATIVE_INFINITY;
            exponents(x, row, (float) scale, (float[]) mask, maskAt + r * maskStride, end);
            for (int i = row; i < row + end; i++) {
                most = Math.max(x[i], most);
            }
            float largest = Math.max(most, s[before]);
            s[before + queries] = largest;
            weights(x, row, shift(largest), end);
            Arrays.fill(sums, 0);
            Sums.add(Sums.Kind.SUM, x, row, end, sums, lanes, 1);
            Sums.fold(Sums.Kind.SUM, sums, lanes);
            s[before + 2 * queries] = sums[0];
            Arrays.fill(x, row + end, row + columns, 0);
        }
    }

    /** An infinite maximum would make NaN of what is as small as it. */
    private static float shift(float max) {
        return max == Float.NEGATIVE_INFINITY ? 0 : max;
    }

    private void exponents(float[] x, int at, float scale, float[] mask, int maskAt, int n) {
        for (int i = 0; i < n; i++) {
            x[at + i] *= scale;
        }
        switch (kind) {
            case NONE, CAUSAL -> {
            }
            case SELECT -> {
                for (int i = 0; i < n; i++) {
                    x[at + i] = mask[maskAt + i] < 0 ? mask[maskAt + i] : x[at + i];
                }
            }
            case BIAS -> {
                for (int i = 0; i < n; i++) {
                    x[at + i] += mask[maskAt + i];
                }
            }
        }
    }

    private static void weights(float[] x, int at, float shift, int n) {
        for (int i = 0; i < n; i++) {
            x[at + i] = FloatMath.exp(x[at + i] - shift);
        }
    }

    @Override
    public void run(Object state, int at, int queries, int rows) {
        float[] s = (float[]) state;
        for (int i = at; i < at + rows; i++) {
            float max = s[i + queries];
            float shrunk = FloatMath.exp(s[i] - shift(max));
            s[i + 4 * queries] = shrunk;
            s[i + 3 * queries] = Math.fma(shrunk, s[i + 3 * queries], s[i + 2 * queries]);
            s[i] = max;
        }
    }

    @Override
    public void run(Object x, int at, int stride, int rows, int columns, Object factors, int factorsAt) {
        for (int r = 0; r < rows; r++) {
            scale((float[]) x, at + r * stride, ((float[]) factors)[factorsAt + r], columns);
        }
    }

    private static void scale(float[] x, int at, float factor, int n) {
        for (int i = 0; i < n; i++) {
            x[at + i] *= factor;
        }
    }

    @Override
    public void run(Object a, int aAt, int aStride, Object b, int bAt, int bStride, int rows, int columns, Object to, int toAt) {
        float[] products = new float[columns];
        float[] sums = new float[lanes];
        for (int r = 0; r < rows; r++) {
            multiply((float[]) a, aAt + r * aStride, (float[]) b, bAt + r * bStride, products, columns);
            Arrays.fill(sums, 0);
            Sums.add(Sums.Kind.SUM, products, 0, columns, sums, lanes, 1);
            Sums.fold(Sums.Kind.SUM, sums, lanes);
            ((float[]) to)[toAt + r] = sums[0];
        }
    }

    private static void multiply(float[] a, int aAt, float[] b, int bAt, float[] to, int n) {
        for (int i = 0; i < n; i++) {
            to[i] = a[aAt + i] * b[bAt + i];
        }
    }

    @Override
    public void run(Object scores, int at, Object gradients, int gradientsAt, int stride, int rows, int columns, int first, Object mask,
            int maskAt, int maskStride, double scale, Object state, int stateAt, int queries) {
        float[] x = (float[]) scores;
        float[] g = (float[]) gradients;
        for (int r = 0; r < rows; r++) {
            int row = at + r * stride;
            int gradientRow = gradientsAt + r * stride;
            int start = Math.clamp(first + (long) r, 0, columns);
            Arrays.fill(x, row, row + start, 0);
            Arrays.fill(g, gradientRow, gradientRow + start, 0);
            int maskRow = maskAt + r * maskStride + start;
            exponents(x, row + start, (float) scale, (float[]) mask, maskRow, columns - start);
            gradients(x, row + start, g, gradientRow + start, (float[]) state, stateAt + start, queries, (float) scale, columns - start);
            for (int i = 0; i < columns - start && kind == MaskKind.SELECT; i++) {
                g[gradientRow + start + i] = ((float[]) mask)[maskRow + i] < 0 ? 0 : g[gradientRow + start + i];
            }
        }
    }

    private static void gradients(float[] x, int at, float[] g, int gAt, float[] state, int stateAt, int queries, float scale, int n) {
        for (int i = 0; i < n; i++) {
            float weight = FloatMath.exp(x[at + i] - state[stateAt + i]) * state[stateAt + queries + i];
            float gradient = g[gAt + i] - state[stateAt + 2 * queries + i];
            x[at + i] = weight;
            g[gAt + i] = weight * gradient * scale;
        }
    }
}
