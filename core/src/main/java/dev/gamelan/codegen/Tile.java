package dev.gamelan.codegen;

import java.util.Locale;

/**
 * The part of a product that a micro-kernel holds in registers.
 *
 * @param lanes the form of its vectors
 * @param rows rows of the left operand
 * @param vectors vectors of columns of the right operand
 */
record Tile(Lanes lanes, int rows, int vectors) {
    /** Columns of packed panels: two vectors. */
    private static final int PANEL_VECTORS = 2;

    /** The largest tile for packed panels: its sums, one row of the panel and one broadcast element fill the registers. */
    static Tile largest(Lanes lanes) {
        if (!lanes.isVector()) {
            return new Tile(lanes, 2, 4);
        }
        return new Tile(lanes, registers() == 32 ? 12 : 6, PANEL_VECTORS);
    }

    /** The tile for products of so many columns, filled up to whole tiles: of one vector where that is enough. */
    static Tile fitting(Lanes lanes, int columns) {
        return lanes.isVector() && columns <= lanes.count() ? narrow(lanes) : largest(lanes);
    }

    /** The tile for products of so many columns, the last of which are computed together with columns before them. */
    static Tile overlapping(Lanes lanes, int columns) {
        return lanes.isVector() && columns < PANEL_VECTORS * lanes.count() ? narrow(lanes) : largest(lanes);
    }

    /** How many vectors of columns a tile should have where {@code left} of them are to be computed. */
    static int vectors(Lanes lanes, int left) {
        return !lanes.isVector() ? Math.min(4, left) : left == 1 ? 1 : left % 2 == 0 ? 2 : 3;
    }

    /** A tile of so many vectors whose sums, one row of the right operand and one broadcast element fill the registers. */
    static Tile of(Lanes lanes, int vectors) {
        int rows = !lanes.isVector() ? 2 : registers() == 32 ? vectors == 1 ? 16 : 24 / vectors : vectors == 1 ? 8 : 12 / vectors;
        return new Tile(lanes, rows, vectors);
    }

    private static Tile narrow(Lanes lanes) {
        return new Tile(lanes, registers() == 32 ? 16 : 8, 1);
    }

    /** As many vectors as a tile of few rows has room for, to read long stretches of the right operand. */
    static int widest(Lanes lanes, int rows) {
        int room = registers() == 32 ? 16 : 8;
        return Math.max(largest(lanes).vectors(), Math.min(8, Integer.highestOneBit(room / rows)));
    }

    int columns() {
        return vectors * lanes.count();
    }

    /** AVX2 and SSE have 16 vector registers, AVX-512 and NEON 32. */
    private static int registers() {
        boolean arm = System.getProperty("os.arch").toLowerCase(Locale.ROOT).contains("aarch64");
        return arm || VectorSupport.preferredBits() == 512 ? 32 : 16;
    }
}
