package dev.gamelan.interop.onnx.value;

/** What a value depends on, from least to most. */
public enum Knowledge {
    /** On the model alone: computed once. */
    MODEL,
    /** Also on the shapes of the inputs: computed while a program for these shapes is made. */
    SHAPES,
    /** Also on the values of the inputs: computed by the program. */
    INPUTS;

    public Knowledge and(Knowledge other) {
        return compareTo(other) >= 0 ? this : other;
    }
}
