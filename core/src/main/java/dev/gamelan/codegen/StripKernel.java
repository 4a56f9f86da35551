package dev.gamelan.codegen;

/** A {@link MicroKernel} for all tiles below each other: of few multiply-adds a call for each would take a good part of the time. */
interface StripKernel {
    /**
     * C = A B.
     *
     * @param b a panel as wide as the tile, whose last vector has the last columns, also where these are some of the vector before it
     * @param bRow not used, as rows of a panel follow each other
     * @param columns of C
     * @param rows of A and C, at least as many as a tile has
     */
    void run(Object a, int aOffset, int aRow, Object b, int bOffset, int bRow, Object c, int cOffset, int cRow,
            int depth, int columns, int rows);
}
