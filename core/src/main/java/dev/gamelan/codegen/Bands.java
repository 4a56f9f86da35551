package dev.gamelan.codegen;

/**
 * Lines of an image, cut into bands of about the same height.
 *
 * @param lines of a band; the last may have fewer
 */
record Bands(int lines, int count) {
    /** Elements of results that a band leaves in the second-level cache. */
    private static final int CACHED = 32 * 1024;
    /** Multiply-adds below which a band is not worth its hand-over to another thread. */
    private static final long SMALLEST = 100_000;

    /** As few bands of {@code height} lines as stay in cache. */
    static Bands of(int height, int lineElements) {
        return cut(height, Math.ceilDiv(height, Math.max(1, CACHED / Math.max(1, lineElements))));
    }

    /** As {@link #of(int, int)}, but at least as many as give {@code workers} threads something to do; for results that no cut changes. */
    static Bands of(int height, int lineElements, int images, long operations, int workers) {
        int useful = (int) Math.min(Math.ceilDiv(workers, Math.max(1, images)), 1 + operations / Math.max(1, images) / SMALLEST);
        return cut(height, Math.max(useful, of(height, lineElements).count()));
    }

    private static Bands cut(int height, int wanted) {
        int lines = Math.max(1, Math.ceilDiv(height, Math.max(1, wanted)));
        return new Bands(lines, Math.ceilDiv(height, lines));
    }

    /** The first line of a band. */
    int from(int band) {
        return band * lines;
    }

    /** The end of a band. */
    int to(int band, int height) {
        return Math.min(height, (band + 1) * lines);
    }
}
