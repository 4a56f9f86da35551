package dev.gamelan.codegen;

/** How rows at equal distances fall into the sets of a cache, as processors of today have them: a power of two is the worst distance. */
final class CacheSets {
    private static final int LINE_BYTES = 64;
    /** Of a first-level cache, times its line. */
    private static final int FIRST_LEVEL_BYTES = 4096;
    /** Of a second-level cache. */
    private static final int SETS = 1024;
    /** Half the ways of a second-level cache: the other half is for what passes by. */
    private static final int WAYS = 8;

    private CacheSets() {
    }

    /** Whether rows this many elements apart push each other out of a first-level cache. */
    static boolean collide(ElementType type, int distance) {
        return bytes(type, distance) % FIRST_LEVEL_BYTES == 0;
    }

    /** Whether short pieces, no longer than a line, of so many rows stay in a second-level cache together. */
    static boolean holds(ElementType type, int distance, int rows) {
        long bytes = bytes(type, distance);
        long apart = bytes % LINE_BYTES == 0 ? SETS / Math.min(SETS, Long.lowestOneBit(bytes / LINE_BYTES)) : SETS;
        // A piece may lie across two lines.
        return 2L * rows <= apart * WAYS;
    }

    private static long bytes(ElementType type, int distance) {
        return Math.abs((long) distance * type.bits() / Byte.SIZE);
    }
}
