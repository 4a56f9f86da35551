package dev.gamelan.codegen;

/**
 * Knows whether a kernel is compiled. Until then its vectors are objects, so its calls allocate; when several calls in a row
 * allocate nothing, it is.
 */
final class Warmth {

    /** Calls in a row without allocation. */
    private static final int CALM = 8;

    private int calm;
    private volatile boolean warm;

    /** Whether the calls allocate nothing any more. */
    boolean isWarm() {
        return warm;
    }

    /** Counts one call during which {@code bytes} were allocated. */
    void count(long bytes) {
        calm = bytes == 0 ? calm + 1 : 0;
        if (calm >= CALM) {
            warm = true;
        }
    }

    void assume() {
        warm = true;
    }
}
