package dev.gamelan.codegen;

import dev.gamelan.codegen.Gemm.Problem;

/**
 * How a product through panels is cut, by its extents and whether its panels are kept alone: the sums are the same for any number of threads.
 *
 * @param stretch elements of the inner dimension that are multiplied at a time
 * @param group elements of the inner dimension that a panel is multiplied for before the next panel's turn
 * @param readsAhead panels come from memory, and so few rows pass by that they wait for it
 */
record PackedCut(Problem problem, Tile tile, int stretch, int group, boolean readsAhead) {
    /** Elements of B packed at a time. */
    private static final int MOST_PACKED = 1 << 22;
    /** Rows of a block: with a stretch of the inner dimension they fill a part of the second-level cache. */
    private static final int MOST_ROWS = 144;
    /** Bytes of a row of A that are multiplied before the next rows' turn. */
    private static final int STRETCH_BYTES = 4096;
    /** Stretches that a panel is multiplied for before the next panel's turn. */
    private static final int MOST_STRETCHES = 3;
    /** Elements of panels that all rows of a block pass by before the next panels' turn: they stay in the cache that threads share. */
    private static final int CACHED_PANELS = 1 << 20;
    /** Elements of kept panels that may still be in cache when they are needed again, after what else a network has. */
    private static final int CACHED_KEPT = 1 << 16;
    private static final int LEAST_PANELS = 8;
    /** With fewer rows of two vectors each multiply-add waits for the one before it. */
    private static final int LEAST_ROWS = 4;
    /** Tiles of one row less have to save at least this fraction of the time. */
    private static final int WORTH_SHORTER_TILES = 25;

    /** @param kept whether panels of B are kept for many products */
    static PackedCut of(Lanes lanes, Problem p, boolean kept) {
        Tile largest = Tile.largest(lanes);
        // Rows that one block has room for are not cut into more, each of which would read all panels.
        boolean oneBlock = p.rows() <= MOST_ROWS;
        boolean readsAhead = oneBlock && p.rows() > largest.rows() && elements(p) > (kept ? CACHED_KEPT : CACHED_PANELS);
        int rows = readsAhead ? evenRows(p.rows(), largest.rows()) : Math.clamp(p.rows(), 1, largest.rows());
        int stretches = stretches(p.type(), p.depth());
        int stretch = Math.max(1, Math.ceilDiv(p.depth(), stretches));
        int group = stretch * (oneBlock ? 1 : Math.min(stretches, MOST_STRETCHES));
        return new PackedCut(p, new Tile(lanes, rows, largest.vectors()), stretch, group, readsAhead);
    }

    private static long elements(Problem p) {
        return (long) p.depth() * p.columns();
    }

    private static int stretches(ElementType type, int depth) {
        int most = STRETCH_BYTES * 8 / type.bits();
        return Math.max(1, Math.ceilDiv(depth, most + most / 4));
    }

    /** Whether each sum is one chain of multiply-adds, as those of {@link DirectPath} are. */
    static boolean isOneChain(ElementType type, int depth) {
        return stretches(type, depth) == 1;
    }

    /** The rows of tiles that take the least time for so many: the last, of few rows, takes as long as one of {@link #LEAST_ROWS}. */
    static int evenRows(int rows, int most) {
        int tiles = Math.ceilDiv(rows, most);
        int even = Math.ceilDiv(rows, tiles);
        int rest = rows % most;
        return tiles * even < rows - rest + (rest == 0 ? 0 : Math.max(rest, LEAST_ROWS)) ? even : most;
    }

    /**
     * How many of so many rows are in tiles of all rows, where the others are in tiles of one row less: the last tile would have so few that it takes as long as one
     * of {@link #LEAST_ROWS}, and that is a part of all that counts. All rows where there is no such cut.
     */
    int wholeRows(int rows) {
        int rest = rows % tile.rows();
        int tiles = Math.ceilDiv(rows, tile.rows());
        int shorter = tiles * tile.rows() - rows;
        boolean pays = rest > 0 && (LEAST_ROWS - rest) * WORTH_SHORTER_TILES > rows && tile.rows() > LEAST_ROWS;
        return pays && shorter < tiles ? (tiles - shorter) * tile.rows() : rows;
    }

    /** Whether B is so small that each thread may pack the panels that it needs, or its panels are needed once. */
    boolean packsApart() {
        return elements(problem) <= MOST_PACKED / 4 || problem.rows() <= mostRows();
    }

    /** Elements of the inner dimension for which B is packed at a time. */
    int packedDepth() {
        return Math.max(1, MOST_PACKED / (LEAST_PANELS * tile.columns() * stretch)) * stretch;
    }

    /** Columns for which B is packed at a time. */
    int packedColumns() {
        int panels = MOST_PACKED / Math.max(1, Math.min(problem.depth(), packedDepth())) / tile.columns();
        return Math.max(LEAST_PANELS, panels) * tile.columns();
    }

    /** Columns that all rows of a block pass by before the next ones' turn. */
    int cachedColumns() {
        return Math.max(LEAST_PANELS, CACHED_PANELS / group / tile.columns()) * tile.columns();
    }

    /** Rows that are multiplied with all panels before the next rows' turn. */
    int mostRows() {
        return MOST_ROWS / (group / stretch) / tile.rows() * tile.rows();
    }
}
