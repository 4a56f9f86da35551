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

    /** The first element of the inner dimension that is not zero in all of some rows. */
    default int firstLive(int row, int rows) {
        return 0;
    }

    /** The end of the elements of the inner dimension that are not zero in all of some rows; {@link #firstLive} if there are none. */
    default int lastLive(int row, int rows) {
        return Integer.MAX_VALUE;
    }
}
