package dev.gamelan.codegen;

/** Where the left operand of a product has to be brought into cache as contiguous rows first. */
interface LeftRows {
    /** Elements beyond each row that {@link #copy} may overwrite. */
    int SLACK = 16;

    /**
     * Copies rows {@code row} to {@code row + rows}, elements {@code inner} to {@code inner + depth}.
     *
     * @param offset of the matrix in {@code from}
     * @param toStride distance of the rows in {@code to}: at least {@code depth + SLACK}
     */
    void copy(Object from, int offset, int row, int rows, int inner, int depth, Object to, int toOffset, int toStride);

    /** The first element of the inner dimension that counts for some rows: those before are zero in all of them. */
    default int firstLive(int row, int rows) {
        return 0;
    }

    /** The end of the elements that count for some rows. There is always one, as sums of zeros have to be written too. */
    default int lastLive(int row, int rows) {
        return Integer.MAX_VALUE;
    }
}
