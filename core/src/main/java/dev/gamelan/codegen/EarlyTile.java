package dev.gamelan.codegen;

import java.util.Arrays;

/**
 * Does the work of all kernels for products of floats until HotSpot has compiled them: {@link WarmedTile}, which is compiled before any
 * of them, and only once. Bits are those of the kernels.
 */
final class EarlyTile {
    private static final EarlyKernel KERNEL = new EarlyKernel("tile", EarlyTile::warmUp);
    /** Elements of a vector; 0 where there are no vectors, or not as wide as those of kernels. */
    private static volatile int lanes;
    /** 0, 1, 2, ... */
    private static volatile int[] counting = new int[0];

    private EarlyTile() {
    }

    /** Begins to bring it to full speed, in the background. */
    static void begin() {
        KERNEL.begin();
    }

    private static void warmUp() {
        int bits = VectorSupport.preferredBits();
        boolean useful = bits > 0 && bits == WarmedTile.lanes() * Float.SIZE;
        lanes = useful ? WarmedTile.lanes() : 0;
        int width = WarmedTile.VECTORS * lanes;
        float[] a = new float[WarmedTile.ROWS * MicroKernels.WARM_TURNS];
        float[] b = new float[MicroKernels.WARM_TURNS * width];
        float[] c = new float[WarmedTile.ROWS * width];
        int[] places = counting(MicroKernels.WARM_TURNS);
        KERNEL.warmUp(useful, number -> WarmedTile.run(a, 0, MicroKernels.WARM_TURNS, 1, 0, places, b, 0, lanes, width, 0, c, 0, width,
                Warm.isInterpreted(number) ? 0 : MicroKernels.WARM_TURNS, number % 4 == 0));
    }

    /** Whether it is compiled, which begins with the first question. */
    static boolean await(ElementType type) {
        return type == ElementType.FLOAT && KERNEL.await();
    }

    /** Whether it is there for products of so many columns. */
    static boolean fits(int columns) {
        return KERNEL.isReady() && columns >= lanes;
    }

    /** At least {@code count} numbers: 0, 1, 2, ... */
    private static int[] counting(int count) {
        int[] known = counting;
        if (known.length < count) {
            known = new int[Math.max(1024, Integer.highestOneBit(count) * 2)];
            Arrays.setAll(known, i -> i);
            counting = known;
        }
        return known;
    }

    /** As {@link #run(int, int, float[], int, int, int, int, int[], float[], int, int, int, float[], int, int, int, boolean)}, without places. */
    static void run(int rows, int columns, float[] a, int aAt, int aRow, float[] b, int bAt, int bStep, float[] c, int cAt, int cRow,
            int depth, boolean accumulate) {
        run(rows, columns, a, aAt, aRow, 1, 0, counting(depth), b, bAt, bStep, 0, c, cAt, cRow, depth, accumulate);
    }

    /**
     * C = A B, or C += A B, for some rows of A and some columns of B, at least as many as a vector has. What does not fill a tile is computed over
     * what is done already, or several times: a tile loads what it adds to before it stores anything.
     *
     * @param aStep the i-th element of a row of A lies at {@code i * aStep + aWeight * places[i]} behind the first; so do rows of B
     */
    static void run(int rows, int columns, float[] a, int aAt, int aRow, int aStep, int aWeight, int[] places, float[] b, int bAt,
            int bStep, int bWeight, float[] c, int cAt, int cRow, int depth, boolean accumulate) {
        int width = WarmedTile.VECTORS * lanes;
        for (int column = 0; column < columns; column += width) {
            int count = Math.min(width, columns - column);
            int first = count < lanes ? columns - lanes : column;
            int second = Math.max(0, count - lanes);
            if (count < lanes && accumulate) {
                lastColumns(count, rows, a, aAt, aRow, aStep, aWeight, places, b, bAt + first, bStep, bWeight, c, cAt + column, cRow,
                        depth);
                continue;
            }
            int row = 0;
            while (row < rows) {
                boolean several = rows - row >= WarmedTile.ROWS || rows >= WarmedTile.ROWS && !accumulate;
                int from = several ? Math.min(row, rows - WarmedTile.ROWS) : row;
                WarmedTile.run(a, aAt + from * aRow, several ? aRow : 0, aStep, aWeight, places, b, bAt + first, second, bStep, bWeight, c,
                        cAt + from * cRow + first, several ? cRow : 0, depth, accumulate);
                row = several ? from + WarmedTile.ROWS : row + 1;
            }
        }
    }

    /** Adds the products of the last columns, fewer than a vector has: those before them have theirs already. */
    private static void lastColumns(int count, int rows, float[] a, int aAt, int aRow, int aStep, int aWeight, int[] places, float[] b,
            int bAt,
            int bStep, int bWeight, float[] c, int cAt, int cRow, int depth) {
        float[] sums = (float[]) Scratch.borrow(ElementType.FLOAT, lanes);
        for (int row = 0; row < rows; row++) {
            WarmedTile.run(a, aAt + row * aRow, 0, aStep, aWeight, places, b, bAt, 0, bStep, bWeight, sums, 0, 0, depth, false);
            AttentionBlocks.add(sums, lanes - count, c, cAt + row * cRow, count);
        }
        Scratch.giveBack(ElementType.FLOAT, sums);
    }
}
