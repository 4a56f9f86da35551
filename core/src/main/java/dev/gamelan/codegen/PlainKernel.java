package dev.gamelan.codegen;

/**
 * Products without a kernel of their own, for as long as that is not compiled: by {@link EarlyTile} where it can, else by ordinary loops, which
 * HotSpot compiles within milliseconds, once for all sizes. Each element is the same chain of fused multiply-adds, so bits are the same.
 *
 * @param width columns of the tile; 0: as many as a call says
 * @param step distance of the rows of B; 0: what a call says
 * @param adds whether products are added to what is there
 */
record PlainKernel(int rows, int width, int step, boolean adds) implements MicroKernel {
    /** Multiply-adds that take these loops as long as HotSpot takes to compile a kernel. */
    private static final long MOST_OPERATIONS = 16_000_000;

    PlainKernel(int rows, int width) {
        this(rows, width, 0);
    }

    PlainKernel(int rows, int width, int step) {
        this(rows, width, step, false);
    }

    /** Waits for a kernel if there is so much to do that this takes less time than ordinary loops. */
    static void awaitFor(long operations, Warm<?> kernel) {
        if (operations >= MOST_OPERATIONS) {
            kernel.await();
        }
    }

    /** Waits for a product's kernel, or for the tile that stands in for it, if there is so much to do. */
    static void awaitFor(long operations, ElementType type, Warm<?> kernel) {
        if (isWorthWaiting(operations, type) && !kernel.isReady()) {
            kernel.await();
        }
    }

    /** Whether kernels of products should be waited for: where there is much to do and {@link EarlyTile} is not there. */
    static boolean isWorthWaiting(long operations, ElementType type) {
        return operations >= MOST_OPERATIONS && !EarlyTile.await(type);
    }

    @Override
    public void run(Object a, int aOffset, int aRow, Object b, int bOffset, int bRow, Object c, int cOffset, int cRow, int depth,
            int columns) {
        int wide = width > 0 ? width : columns;
        int bStep = step > 0 ? step : bRow;
        if (c instanceof float[] floats && EarlyTile.fits(wide)) {
            EarlyTile.run(rows, wide, (float[]) a, aOffset, aRow, (float[]) b, bOffset, bStep, floats, cOffset, cRow, depth, adds);
        } else if (c instanceof float[] floats) {
            float[] sums = new float[rows * wide];
            multiply((float[]) a, aOffset, aRow, (float[]) b, bOffset, bStep, sums, wide, depth);
            for (int i = 0; i < sums.length; i++) {
                int at = cOffset + i / wide * cRow + i % wide;
                floats[at] = adds ? floats[at] + sums[i] : sums[i];
            }
        } else {
            double[] doubles = (double[]) c;
            double[] sums = new double[rows * wide];
            multiply((double[]) a, aOffset, aRow, (double[]) b, bOffset, bStep, sums, wide, depth);
            for (int i = 0; i < sums.length; i++) {
                int at = cOffset + i / wide * cRow + i % wide;
                doubles[at] = adds ? doubles[at] + sums[i] : sums[i];
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
