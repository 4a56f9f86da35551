package dev.gamelan.codegen;

/**
 * The innermost part of a matrix product: a tile of C, whose size the kernel fixes, from a stretch of the inner
 * dimension. Arrays are {@code float[]} or {@code double[]}; B may be bytes.
 */
interface MicroKernel {
    /**
     * C = A B, or C += A B where that is what the kernel is for. Each element of A B is one chain of fused multiply-adds in the order of the inner dimension
     * (products), or the sum of a fixed number of such chains (dot products), whatever the number of lanes.
     *
     * @param aRow distance of the rows of A, whose inner dimension is contiguous
     * @param bRow distance of the rows of B; in dot products, of its columns, whose inner dimension is contiguous
     * @param cRow distance of the rows of C, whose columns are contiguous
     * @param depth extent of the inner dimension
     * @param columns columns to compute, where the kernel is one for the right edge; else ignored
     */
    void run(Object a, int aOffset, int aRow, Object b, int bOffset, int bRow, Object c, int cOffset, int cRow,
            int depth, int columns);
}
