package dev.gamelan.codegen;

/**
 * Knows whether a kernel is compiled. Until then its vectors are objects, so its calls allocate; when several calls in a row
 * allocate nothing, it is.
 */
final class Warmth {

    /** Calls in a row without allocation. */
    private static final int CALM = 8;

    private static final int MOST_TRIES = 10;

    private int mostCalls;
    private int calm;
    private int calls;
    private int tries;
    private volatile boolean warm;

    /** @param mostCalls after which a kernel that HotSpot compiles well would have become calm */
    Warmth(int mostCalls) {
        this.mostCalls = mostCalls;
    }

    /** Whether the calls allocate nothing any more. */
    boolean isWarm() {
        return warm;
    }

    /** Counts one call during which {@code bytes} were allocated. */
    void count(long bytes) {
        calm = bytes == 0 ? calm + 1 : 0;
        calls++;
        if (calm >= CALM) {
            warm = true;
        }
    }

    /** Whether so many calls have not helped. */
    boolean isOverdue() {
        return !warm && calls >= mostCalls;
    }

    /** Whether it had better be defined anew. */
    boolean isStuck() {
        return isOverdue() && tries < MOST_TRIES;
    }

    /** How often it was defined anew. */
    int tries() {
        return tries;
    }

    /** Begins again with a new definition, which has so many calls to become calm. */
    void again(int mostCalls) {
        this.mostCalls = mostCalls;
        calls = 0;
        calm = 0;
        tries++;
    }

    void assume() {
        warm = true;
    }
}
