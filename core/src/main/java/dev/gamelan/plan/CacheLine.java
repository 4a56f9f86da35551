package dev.gamelan.plan;

/**
 * Where data lie best in arrays. A vector that lies across two cache lines takes the time of two, and one as long as a line lies across two
 * unless it begins with one. Arrays begin where objects may, which is at cache lines if the JVM is told so
 * ({@code -XX:ObjectAlignmentInBytes=64}) and for G1's largest; elsewhere it does not matter where data begin.
 */
public final class CacheLine {
    private static final int BYTES = 64;
    /** What an array has before its first element. */
    private static final int HEADER = 16;

    private CacheLine() {
    }

    /** The first element of an array that is at the beginning of a cache line. */
    public static int first(int bytesOfElement) {
        return (BYTES - HEADER) / bytesOfElement;
    }
}
