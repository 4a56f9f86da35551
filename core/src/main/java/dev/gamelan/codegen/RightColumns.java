package dev.gamelan.codegen;

/** Where the right operand of a product is no matrix in memory, but can be brought into panels. */
interface RightColumns {
    /**
     * Copies columns {@code column} to {@code column + columns}, elements {@code inner} to {@code inner + depth}.
     *
     * @param offset of the operand in {@code from}
     * @param toStride distance of two elements of a column in {@code to}
     */
    void copy(Object from, int offset, int inner, int depth, int column, int columns, Object to, int toOffset, int toStride);
}
