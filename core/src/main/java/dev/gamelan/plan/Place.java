package dev.gamelan.plan;

/** Where a buffer lies: in which kind of storage, in which of them, and from which element on. */
public record Place(Kind kind, int index, int offset) {

    /** Kinds of storage. */
    public enum Kind {
        /** The pool of one element type, by {@link MemoryPlan#arenaOf}. */
        ARENA,
        /** The array of an input. */
        INPUT,
        /** The array of a constant. */
        CONSTANT,
        /** The array of an output, made anew for each run. */
        OUTPUT
    }
}
