package dev.gamelan.codegen;

/** A {@link MicroKernel} that reads B where it is and leaves what it has read as a packed panel, for the next rows of A. */
interface PackingKernel {
    /**
     * C = A B, with the bits of {@link MicroKernel}.
     *
     * @param bRow distance of the rows of B, whose columns are contiguous
     * @param panel gets the rows of B, one after another
     */
    void run(Object a, int aOffset, int aRow, Object b, int bOffset, int bRow, Object c, int cOffset, int cRow, int depth,
            Object panel, int panelOffset);
}
