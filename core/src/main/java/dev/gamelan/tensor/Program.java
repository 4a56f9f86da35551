package dev.gamelan.tensor;

import java.util.function.Function;

/**
 * A compiled function. It is traced once for each structure and each shape of its argument, and from then on runs as
 * one program. Called from ordinary code it gives computed values; inside of a function that is itself being traced, it
 * becomes a part of it. May be called from any thread.
 *
 * <p>What the function captures are its constants: it must compute from its argument alone what is to change between
 * calls, and do nothing else.
 */
public interface Program<A extends Tree, B extends Tree> extends Function<A, B> {

    @Override
    B apply(A argument);

    /**
     * Compiles for arguments like this one, and runs it once, so that the first real call is quick; gives this program.
     */
    Program<A, B> warm(A example);

    /**
     * The program for arguments like this one, as text: one line per operation with its type and the line of code that
     * made it.
     */
    String explain(A example);

    /**
     * Compiles for arguments like this one, with arrays of its own for what goes in and what comes out: see
     * {@link Binding}.
     */
    Binding<A, B> bind(A example);
}
