package dev.gamelan.codegen.blocks;

/**
 * The operations that there are loops for, on blocks of FLOAT, INT and truth values. The bits are those of the instruction of the same name
 * in an emitted kernel.
 */
public enum BlockOp {
    FLOAT_ADD, FLOAT_SUB, FLOAT_MUL, FLOAT_DIV, FLOAT_MIN, FLOAT_MAX, FLOAT_FMA, FLOAT_NEG, FLOAT_ABS, FLOAT_SQRT,
    FLOAT_LT, FLOAT_LE, FLOAT_EQ, FLOAT_SELECT, FLOAT_COPY, FLOAT_OF_INT, FLOAT_OF_BITS,
    INT_ADD, INT_SUB, INT_MUL, INT_MIN, INT_MAX, INT_AND, INT_OR, INT_XOR, INT_SHL, INT_SHR, INT_USHR, INT_NEG, INT_ABS,
    INT_LT, INT_LE, INT_EQ, INT_SELECT, INT_COPY, INT_OF_FLOAT, INT_OF_BITS,
    TRUTH_AND, TRUTH_OR, TRUTH_XOR, TRUTH_NOT, TRUTH_COPY;

    /**
     * Computes {@code n} elements.
     *
     * @param a, b, c arrays of the operands, from their start; those that the operation lacks are not looked at
     */
    public void run(Object a, Object b, Object c, Object out, int n) {
        switch (this) {
            case FLOAT_ADD -> FloatLoops.add((float[]) a, (float[]) b, (float[]) out, n);
            case FLOAT_SUB -> FloatLoops.subtract((float[]) a, (float[]) b, (float[]) out, n);
            case FLOAT_MUL -> FloatLoops.multiply((float[]) a, (float[]) b, (float[]) out, n);
            case FLOAT_DIV -> FloatLoops.divide((float[]) a, (float[]) b, (float[]) out, n);
            case FLOAT_MIN -> FloatLoops.minimum((float[]) a, (float[]) b, (float[]) out, n);
            case FLOAT_MAX -> FloatLoops.maximum((float[]) a, (float[]) b, (float[]) out, n);
            case FLOAT_FMA -> FloatLoops.multiplyAdd((float[]) a, (float[]) b, (float[]) c, (float[]) out, n);
            case FLOAT_NEG -> FloatLoops.negate((float[]) a, (float[]) out, n);
            case FLOAT_ABS -> FloatLoops.absolute((float[]) a, (float[]) out, n);
            case FLOAT_SQRT -> FloatLoops.squareRoot((float[]) a, (float[]) out, n);
            case FLOAT_LT -> FloatLoops.less((float[]) a, (float[]) b, (boolean[]) out, n);
            case FLOAT_LE -> FloatLoops.lessOrEqual((float[]) a, (float[]) b, (boolean[]) out, n);
            case FLOAT_EQ -> FloatLoops.equal((float[]) a, (float[]) b, (boolean[]) out, n);
            case FLOAT_SELECT -> FloatLoops.select((boolean[]) a, (float[]) b, (float[]) c, (float[]) out, n);
            case FLOAT_OF_INT -> FloatLoops.fromInts((int[]) a, (float[]) out, n);
            case FLOAT_OF_BITS -> FloatLoops.fromBits((int[]) a, (float[]) out, n);
            case INT_ADD -> IntLoops.add((int[]) a, (int[]) b, (int[]) out, n);
            case INT_SUB -> IntLoops.subtract((int[]) a, (int[]) b, (int[]) out, n);
            case INT_MUL -> IntLoops.multiply((int[]) a, (int[]) b, (int[]) out, n);
            case INT_MIN -> IntLoops.minimum((int[]) a, (int[]) b, (int[]) out, n);
            case INT_MAX -> IntLoops.maximum((int[]) a, (int[]) b, (int[]) out, n);
            case INT_AND -> IntLoops.and((int[]) a, (int[]) b, (int[]) out, n);
            case INT_OR -> IntLoops.or((int[]) a, (int[]) b, (int[]) out, n);
            case INT_XOR -> IntLoops.xor((int[]) a, (int[]) b, (int[]) out, n);
            case INT_SHL -> IntLoops.shiftLeft((int[]) a, (int[]) b, (int[]) out, n);
            case INT_SHR -> IntLoops.shiftRight((int[]) a, (int[]) b, (int[]) out, n);
            case INT_USHR -> IntLoops.shiftRightUnsigned((int[]) a, (int[]) b, (int[]) out, n);
            case INT_NEG -> IntLoops.negate((int[]) a, (int[]) out, n);
            case INT_ABS -> IntLoops.absolute((int[]) a, (int[]) out, n);
            case INT_LT -> IntLoops.less((int[]) a, (int[]) b, (boolean[]) out, n);
            case INT_LE -> IntLoops.lessOrEqual((int[]) a, (int[]) b, (boolean[]) out, n);
            case INT_EQ -> IntLoops.equal((int[]) a, (int[]) b, (boolean[]) out, n);
            case INT_SELECT -> IntLoops.select((boolean[]) a, (int[]) b, (int[]) c, (int[]) out, n);
            case INT_OF_FLOAT -> IntLoops.fromFloats((float[]) a, (int[]) out, n);
            case INT_OF_BITS -> IntLoops.fromBits((float[]) a, (int[]) out, n);
            case TRUTH_AND -> TruthLoops.and((boolean[]) a, (boolean[]) b, (boolean[]) out, n);
            case TRUTH_OR -> TruthLoops.or((boolean[]) a, (boolean[]) b, (boolean[]) out, n);
            case TRUTH_XOR -> TruthLoops.xor((boolean[]) a, (boolean[]) b, (boolean[]) out, n);
            case TRUTH_NOT -> TruthLoops.not((boolean[]) a, (boolean[]) out, n);
            case FLOAT_COPY, INT_COPY, TRUTH_COPY -> System.arraycopy(a, 0, out, 0, n);
        }
    }

    /** Whether one of {@code n} truth values holds. */
    public static boolean any(Object truths, int n) {
        return TruthLoops.any((boolean[]) truths, n);
    }
}
