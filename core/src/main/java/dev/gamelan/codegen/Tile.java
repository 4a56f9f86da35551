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
    /** Vector registers of processors that have few. */
    private static final int FEW = 16;
    /** Registers for broadcast elements, and for addresses that HotSpot puts there: a tile of 4 x 3 sums in 16 registers has one, and spills. */
    private static final int SPARE = 2;
    /** Columns at a time where there are no vectors. */
    private static final int SCALAR_COLUMNS = 4;

    /** The largest tile for packed panels: its sums, one row of the panel and one broadcast element fill the registers. */
    static Tile largest(Lanes lanes) {
        return of(lanes, lanes.isVector() ? PANEL_VECTORS : SCALAR_COLUMNS);
    }

    /** The tile for products of so many columns, filled up to whole tiles: of one vector where that is enough. */
    static Tile fitting(Lanes lanes, int columns) {
        return lanes.isVector() && columns <= lanes.count() ? of(lanes, 1) : largest(lanes);
    }

    /** The tile for products of so many columns, the last of which are computed together with columns before them. */
    static Tile overlapping(Lanes lanes, int columns) {
        return lanes.isVector() && columns < PANEL_VECTORS * lanes.count() ? of(lanes, 1) : largest(lanes);
    }

    /** How many vectors of columns a tile should have where {@code left} of them are to be computed. */
    static int vectors(Lanes lanes, int left) {
        return !lanes.isVector() ? Math.min(SCALAR_COLUMNS, left) : left == 1 ? 1 : left % 2 == 0 ? 2 : 3;
    }

    /** A tile of so many vectors whose sums, one row of the right operand and one broadcast element fill the registers; of one vector, less. */
    static Tile of(Lanes lanes, int vectors) {
        if (!lanes.isVector()) {
            return new Tile(lanes, 2, vectors);
        }
        int sums = registers() == 32 ? 24 : 12;
        return new Tile(lanes, vectors == 1 ? sums * 2 / 3 : Math.min(sums / vectors, (registers() - SPARE) / vectors - 1), vectors);
    }

    /** As many vectors as a tile of few rows has room for, to read long stretches of the right operand. */
    static int widest(Lanes lanes, int rows) {
        int room = registers() == 32 ? 16 : 8;
        return Math.max(largest(lanes).vectors(), Math.min(8, Integer.highestOneBit(room / rows)));
    }

    int columns() {
        return vectors * lanes.count();
    }

    /** A tile of as few rows as cut so many, at least one, into as many tiles. */
    Tile even(int extent) {
        return new Tile(lanes, Math.ceilDiv(extent, Math.ceilDiv(extent, rows)), vectors);
    }

    /** Whether there are 16 registers for vectors, not 32. */
    boolean hasFewRegisters() {
        return lanes.isVector() && registers() == FEW;
    }

    /** Whether its sums, a row of the right operand and a broadcast element fit into the registers. */
    boolean fits() {
        return !lanes.isVector() || (rows + 1) * vectors + SPARE <= registers();
    }

    /**
     * Whether registers are too few for the elements of all rows. HotSpot loads them before it multiplies where their places are constants apart, as it
     * then checks the first and the last place alone; some sum makes room for them in each step.
     */
    boolean isTight() {
        return hasFewRegisters() && (rows + 1) * vectors + rows > FEW;
    }

    /** AVX2 and SSE have 16 vector registers, AVX-512 and NEON 32. */
    private static int registers() {
        boolean arm = System.getProperty("os.arch").toLowerCase(Locale.ROOT).contains("aarch64");
        return arm || VectorSupport.preferredBits() == 512 ? 32 : FEW;
    }
}
