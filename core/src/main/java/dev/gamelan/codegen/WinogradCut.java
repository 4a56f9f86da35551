package dev.gamelan.codegen;

/**
 * How a convolution by minimal filtering is cut for threads: blocks of about as many tiles, wherever rows of them end, and parts of the
 * filters, which are whole panels.
 */
record WinogradCut(int tiles, int blocks, int parts) {
    /** From so many tiles on the product does not wait for a kernel that comes from memory. */
    static final int LEAST_TILES = 48;
    /** A transformed kernel larger than this comes from memory for each block, which then should have at least {@link #LEAST_TILES}. */
    private static final int CACHED_KERNEL = 512 * 1024;
    /** From this size on threads had better share a kernel than fewer tiles. */
    private static final int SHARED_KERNEL = 2 * CACHED_KERNEL;
    /** Transformed elements that a block should leave in the second-level cache. */
    private static final int CACHED_ELEMENTS = 192 * 1024;
    /** Blocks for each thread that are considered, beyond the fewest. */
    private static final int CUTS = 4;
    /** Tiles in the time that reading the kernel for a block takes. */
    private static final int READING = 4;

    /**
     * The cut of {@code count} tiles.
     *
     * @param kernel elements of the transformed kernel
     * @param tile transformed elements of a tile, inputs and outputs
     * @param panels of filters that can be shared; 1 where they cannot
     * @param rows of the product's largest tile
     */
    static WinogradCut of(int count, long kernel, int tile, int panels, int rows, int workers) {
        if (kernel > SHARED_KERNEL) {
            int blocks = Math.max(1, count / LEAST_TILES);
            int parts = Math.clamp(Math.ceilDiv(workers, blocks), 1, panels);
            if (parts > 1 || blocks == 1) {
                return new WinogradCut(count, blocks, parts);
            }
        }
        int most = Math.max(isLarge(kernel) ? LEAST_TILES : 1, CACHED_ELEMENTS / tile);
        return new WinogradCut(count, evenBlocks(count, most, rows, workers), 1);
    }

    /** Whether a transformed kernel of so many elements comes from memory. */
    static boolean isLarge(long kernel) {
        return kernel > CACHED_KERNEL;
    }

    /** How many blocks of up to {@code most} tiles take the threads the least time. */
    private static int evenBlocks(int count, int most, int rows, int workers) {
        int least = Math.max(1, Math.ceilDiv(Math.ceilDiv(count, most), workers));
        int best = least;
        long smallest = Long.MAX_VALUE;
        for (int each = least; each < least + CUTS; each++) {
            int block = Math.ceilDiv(count, each * workers);
            long time = (long) each * (Math.ceilDiv(block, rows) * fittingRows(block, rows) + READING);
            if (time < smallest) {
                smallest = time;
                best = each;
            }
        }
        return Math.min(best * workers, count);
    }

    /** Up to {@code most} rows, so many that the last of the products of a block has few that are not there. */
    static int fittingRows(int block, int most) {
        return Math.ceilDiv(block, Math.max(1, Math.ceilDiv(block, most)));
    }

    /** The first tile of a block. */
    int first(int block) {
        return (int) ((long) tiles * block / blocks);
    }
}
