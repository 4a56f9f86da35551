package dev.gamelan.codegen;

/** Comparisons with Java's meaning: those with NaN are false but for {@link #NE}. */
public enum Comparison {
    LT, LE, GT, GE, EQ, NE
}
