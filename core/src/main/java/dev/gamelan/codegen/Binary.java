package dev.gamelan.codegen;

/** Operations of two operands of one element type; the meaning of each is that of Java on scalars. */
public enum Binary {
    ADD, SUB, MUL, DIV,
    /** As {@link Math#min(float, float)}: NaN wins. */
    MIN,
    /** As {@link Math#max(float, float)}: NaN wins. */
    MAX,
    AND, OR, XOR,
    /** Left shift; of lanes by lanes or of scalars by a scalar of the same type. */
    SHL,
    /** Arithmetic right shift. */
    SHR,
    /** Logical right shift. */
    USHR
}
