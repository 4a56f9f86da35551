package dev.gamelan.codegen;

import dev.gamelan.codegen.blocks.Sums;

/**
 * Rows of A times columns of B, both contiguous, by ordinary loops, for as long as the kernel for that is not compiled: the same chains of fused
 * multiply-adds, added in the same order, so bits are the same.
 */
record PlainDot(int rows, int columns) implements MicroKernel {

    @Override
    public void run(Object a, int aOffset, int aRow, Object b, int bOffset, int bRow, Object c, int cOffset, int cRow, int depth,
            int ignored) {
        for (int row = 0; row < rows; row++) {
            for (int column = 0; column < columns; column++) {
                int from = aOffset + row * aRow;
                int with = bOffset + column * bRow;
                int to = cOffset + row * cRow + column;
                if (c instanceof float[] floats) {
                    floats[to] = dot((float[]) a, from, (float[]) b, with, depth, new float[MicroKernels.dotLanes(ElementType.FLOAT)]);
                } else {
                    ((double[]) c)[to] = dot((double[]) a, from, (double[]) b, with, depth,
                            new double[MicroKernels.dotLanes(ElementType.DOUBLE)]);
                }
            }
        }
    }

    private static float dot(float[] a, int aAt, float[] b, int bAt, int depth, float[] sums) {
        for (int i = 0; i < depth; i += sums.length) {
            addProducts(a, aAt + i, b, bAt + i, sums, Math.min(sums.length, depth - i));
        }
        Sums.fold(Sums.Kind.SUM, sums, sums.length);
        return sums[0];
    }

    private static void addProducts(float[] a, int aAt, float[] b, int bAt, float[] sums, int count) {
        for (int lane = 0; lane < count; lane++) {
            sums[lane] = Math.fma(a[aAt + lane], b[bAt + lane], sums[lane]);
        }
    }

    private static double dot(double[] a, int aAt, double[] b, int bAt, int depth, double[] sums) {
        for (int i = 0; i < depth; i += sums.length) {
            addProducts(a, aAt + i, b, bAt + i, sums, Math.min(sums.length, depth - i));
        }
        for (int half = sums.length / 2; half > 0; half /= 2) {
            for (int lane = 0; lane < half; lane++) {
                sums[lane] += sums[lane + half];
            }
        }
        return sums[0];
    }

    private static void addProducts(double[] a, int aAt, double[] b, int bAt, double[] sums, int count) {
        for (int lane = 0; lane < count; lane++) {
            sums[lane] = Math.fma(a[aAt + lane], b[bAt + lane], sums[lane]);
        }
    }
}
