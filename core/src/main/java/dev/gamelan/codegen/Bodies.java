package dev.gamelan.codegen;

import dev.gamelan.ir.Graph;
import dev.gamelan.runtime.Program;

/** Compiles programs within programs. */
interface Bodies {

    Program branch(Graph body);

    /**
     * The body of a loop.
     *
     * @param captured the first input that is the same in all steps, as those behind it are
     * @param alone    whether one thread runs it
     */
    Program loop(Graph body, int captured, boolean alone);
}
