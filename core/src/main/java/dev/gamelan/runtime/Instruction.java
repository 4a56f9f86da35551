package dev.gamelan.runtime;

/** A step of a program, ready to run. Used by one run at a time. */
public interface Instruction {

    void run(Frame frame, Pool pool);

    /** Whether its own kernels run at full speed. */
    default boolean isWarm() {
        return true;
    }
}
