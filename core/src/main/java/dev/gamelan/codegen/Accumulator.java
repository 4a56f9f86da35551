package dev.gamelan.codegen;

/** Collects the lanes of a reduction: those of a row together, or each for itself. */
sealed interface Accumulator permits PartialResults, FloatExtreme {

    /**
     * Takes lanes in.
     *
     * @param turn number of the vector within an unrolled step
     */
    void add(int turn, Value term);

    /** All lanes as one scalar. */
    Value result();

    /** Each lane for itself. */
    Value lanes();
}
