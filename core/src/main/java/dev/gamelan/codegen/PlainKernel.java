package dev.gamelan.codegen;

/**
 * Products by ordinary loops, for as long as a kernel for them is not compiled: HotSpot compiles these within milliseconds, once for all
 * sizes. Each element is the same chain of fused multiply-adds, so bits are the same.
 *
 * @param width columns of the tile; 0: as many as a call says
 * @param step distance of the rows of B; 0: what a call says
 */
record PlainKernel(int rows, int width, int step) implements MicroKernel {
    /** Multiply-adds that take these loops as long as HotSpot takes to compile a kernel. */
    private static final long MOST_OPERATIONS = 16_000_000;

    PlainKernel(int rows, int width) {
        this(rows, width, 0);
    }

    /** Waits for a kernel if there is so much to do that this takes less time than ordinary loops. */
    static void awaitFor(long operations, Warm<?> kernel) {
        if (isWorthWaiting(operations)) {
            kernel.await();
        }
    }

    static boolean isWorthWaiting(long operations) {
        return operations >= MOST_OPERATIONS;
    }

    @Override
    public void run(Object a, int aOffset, int aRow, Object b, int bOffset, int bRow, Object c, int cOffset, int cRow, int depth,
            int columns) {
        int wide = width > 0 ? width : columns;
        int bStep = step > 0 ? step : bRow;
        if (c instanceof float[] floats) {
            float[] sums = new float[rows * wide];
            multiply((float[]) a, aOffset, aRow, (float[]) b, bOffset, bStep, sums, wide, depth);
            for (int i = 0; i < sums.length; i++) {
                floats[cOffset + i / wide * cRow + i % wide] = sums[i];
            }
        } else {
            double[] doubles = (double[]) c;
            double[] sums = new double[rows * wide];
            multiply((double[]) a, aOffset, aRow, (double[]) b, bOffset, bStep, sums, wide, depth);
            for (int i = 0; i < sums.length; i++) {
                doubles[cOffset + i / wide * cRow + i % wide] = sums[i];
            }
        }
    }

    private static void multiply(float[] a, int aOffset, int aRow, float[] b, int bOffset, int bRow, float[] sums, int wide, int depth) {
        for (int i = 0; i < depth; i++) {
            int from = bOffset + i * bRow;
            for (int row = 0; row * wide < sums.length; row++) {
                addScaled(a[aOffset + row * aRow + i], b, from, sums, row * wide, wide);
            }
        }
    }

    private static void multiply(double[] a, int aOffset, int aRow, double[] b, int bOffset, int bRow, double[] sums, int wide, int depth) {
        for (int i = 0; i < depth; i++) {
            int from = bOffset + i * bRow;
            for (int row = 0; row * wide < sums.length; row++) {
                addScaled(a[aOffset + row * aRow + i], b, from, sums, row * wide, wide);
            }
        }
    }

    static void addScaled(float factor, float[] b, int from, float[] sums, int to, int count) {
        for (int j = 0; j < count; j++) {
            sums[to + j] = Math.fma(factor, b[from + j], sums[to + j]);
        }
    }

    static void addScaled(double factor, double[] b, int from, double[] sums, int to, int count) {
        for (int j = 0; j < count; j++) {
            sums[to + j] = Math.fma(factor, b[from + j], sums[to + j]);
        }
    }
}
