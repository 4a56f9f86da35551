package dev.gamelan.codegen;

/** Operations of one operand that every form has instructions for. */
public enum Unary {
    NEG, ABS, SQRT
}
