package dev.gamelan.codegen;

/**
 * Lines of an image, cut into bands whose heights differ by one line at most.
 *
 * @param height lines of the image
 * @param count  of bands; 0 where there are no lines
 */
record Bands(int height, int count) {
    /** Elements of results that a band leaves in the second-level cache. */
    private static final int CACHED = 32 * 1024;
    /** Multiply-adds below which a band is not worth its hand-over to another thread. */
    private static final long SMALLEST = 100_000;
    /** Bands of a thread, of which one more than others have is no loss. */
    private static final int MANY = 16;

    /** As few bands of {@code height} lines as stay in cache. */
    static Bands of(int height, int lineElements) {
        return cut(height, Math.ceilDiv(height, Math.max(1, CACHED / Math.max(1, lineElements))));
    }

    /**
     * As {@link #of(int, int)}, but so many more that {@code workers} threads have something to do, and as much as each other where bands are few;
     * for results that no cut changes.
     */
    static Bands of(int height, int lineElements, int images, long operations, int workers) {
        int most = (int) Math.min(height, 1 + operations / Math.max(1, images) / SMALLEST);
        int cached = of(height, lineElements).count();
        int count = Math.max(cached, Math.min(most, Math.ceilDiv(workers, Math.max(1, images))));
        int even = Shares.roundUp(count, workers / Shares.commonDivisor(images, workers));
        return cut(height, even <= most && (long) images * count < (long) MANY * workers ? even : count);
    }

    private static Bands cut(int height, int wanted) {
        return new Bands(height, Math.clamp(wanted, Math.min(1, height), height));
    }

    /** The most lines of a band. */
    int lines() {
        return count == 0 ? 1 : Math.ceilDiv(height, count);
    }

    /** The first line of a band. */
    int from(int band) {
        return (int) ((long) height * band / count);
    }

    /** The end of a band. */
    int to(int band) {
        return from(band + 1);
    }
}
