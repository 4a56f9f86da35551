package dev.gamelan.codegen;

import dev.gamelan.codegen.blocks.ColdLoop;
import dev.gamelan.codegen.blocks.Loop;
import java.lang.invoke.MethodHandle;
import org.jspecify.annotations.Nullable;

/**
 * One step of a {@link BlockCode}. Registers hold one value for each row of a block, or one for each element.
 *
 * @param op of APPLY
 * @param method of CALL, from one or two doubles to a double
 * @param a, b, c registers of operands, or what the kind says
 * @param out the register that is written; of stores the operand
 * @param perRow whether it computes a value for each row
 */
record BlockStep(Kind kind, @Nullable Loop op, @Nullable MethodHandle method, int a, int b, int c, int out, boolean perRow) {
    /** No register. */
    static final int NONE = -1;

    /** What a step does. */
    enum Kind {
        APPLY, CALL, COPY,
        /** Passes over the {@code b} next steps unless one of the truth values in {@code a} holds. */
        SKIP,
        /** From operand {@code b}. */
        LOAD,
        /** From {@code a} to operand {@code b}. */
        STORE,
        /** A value for each row becomes one for each element. */
        SPREAD,
        /** The number at place {@code b} of those that are given at run time. */
        NUMBER
    }

    static BlockStep apply(Loop op, int a, int b, int c, int out, boolean perRow) {
        return new BlockStep(Kind.APPLY, ColdLoop.of(op), null, a, b, c, out, perRow);
    }

    static BlockStep of(Kind kind, int a, int b, int out, boolean perRow) {
        return new BlockStep(kind, null, null, a, b, NONE, out, perRow);
    }

    /** The same step with other registers. */
    BlockStep in(int[] places) {
        return new BlockStep(kind, op, method, place(places, a), isComputed() ? place(places, b) : b, place(places, c), place(places, out),
                perRow);
    }

    /** What it reads and writes, with gaps. */
    int[] registers() {
        return new int[] {a, isComputed() ? b : NONE, c, out};
    }

    private boolean isComputed() {
        return kind == Kind.APPLY || kind == Kind.CALL;
    }

    private static int place(int[] places, int register) {
        return register == NONE ? NONE : places[register];
    }
}
