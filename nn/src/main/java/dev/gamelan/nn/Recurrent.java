package dev.gamelan.nn;

/** A layer that reads a sequence step by step and remembers. */
public sealed interface Recurrent extends SequenceLayer permits Lstm, Gru {

    /** Numbers in the state and in each output. */
    int units();

    /** Gives the last output, (B, units), instead of all. */
    Recurrent lastOnly();

    /** Reads from the end to the start; outputs stand where their inputs stand. In a session, each call starts afresh. */
    Recurrent reversed();

    /** Whether all outputs are given, not the last one alone. */
    boolean sequence();
}
