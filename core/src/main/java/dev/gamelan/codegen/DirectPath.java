package dev.gamelan.codegen;

import dev.gamelan.codegen.Gemm.Problem;
import dev.gamelan.codegen.MicroKernels.Kind;
import dev.gamelan.ir.Derived;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Products of few rows straight from the rows of B, which are contiguous, as long as there are no packed panels of B. Panels are not made
 * for one product, but where B stays the same they are read in the order in which they lie in memory, which is faster. Bits are the same.
 */
final class DirectPath implements GemmPath {
    /** Rows that are few. */
    static final int MOST_ROWS = 12;
    /** A multiple of the columns of all tiles. */
    private static final int COLUMN_UNIT = 128;
    /** Rows that columns which fill no vector are computed for at a time: masks are costly to compile. */
    private static final int EDGE_ROWS = 4;

    /** Runs on the same B before panels are made of it: they take about as long as three runs, and save a third of each. */
    private static final int PATIENCE = 8;
    /** Rows from which on one pushes the other out of the first-level cache, if they fall into the same sets of it. */
    private static final int CROWDING_ROWS = 4;

    /** Elements of B that the second-level cache of a core holds. */
    private static final int MOST_CACHED = 256 * 1024;
    /** Rows for which sums in cache cost less than they save. */
    private static final int MOST_STREAMED_ROWS = 3;
    /** Columns of a row of B below which it is no stretch of memory that is worth it. */
    private static final int LEAST_STRETCH = 1024;
    /** Sums that stay in the first-level cache. */
    private static final int CACHED_SUMS = 4096;

    private final Problem p;
    /** As many rows as registers have room for; the last of them lie over rows of the tile before, where there are several. */
    private final Tile tile;
    /** For whole tiles. Where there are none, nothing uses it. */
    private final Kernel whole;
    /**
     * Does the work of {@link #whole} where there are no panels of a large B whose rows fall into the same sets of caches: such rows had better
     * come one after another than a piece of each. Null where there is nothing to gain.
     */
    private final @Nullable Warm<MicroKernel> stream;
    /** For the columns beyond the last whole tile; null where there are none. */
    private final @Nullable Kernel rest;
    /** Of a call of it, the last of which lie over columns before them: where they fill no vector, those of one. */
    private final int restColumns;
    /** Rows of a call of it, the last of which lie over rows before them. */
    private final int restRows;
    private final Panels panels;
    private final MicroKernel plainPanels;
    /** As {@link #whole}, from panels; asked for when there are some. */
    private @Nullable Warm<MicroKernel> fromPanels;
    /** The same for panels of {@link SmallNumbers}. */
    private volatile @Nullable Warm<MicroKernel> fromBytes;

    /** A kernel, and what does its work until it is compiled. */
    private record Kernel(Warm<MicroKernel> compiled, PlainKernel plain) {

        static Kernel of(ElementType type, Tile tile, Kind kind) {
            boolean isWhole = kind == Kind.DIRECT;
            return new Kernel(MicroKernels.warm(type, tile, kind), new PlainKernel(tile.rows(), isWhole ? tile.columns() : 0));
        }

        MicroKernel now() {
            return compiled.kernelOr(plain);
        }
    }

    DirectPath(Lanes lanes, Problem problem) {
        this.p = problem;
        int rows = Math.ceilDiv(rowUnit(), Math.ceilDiv(rowUnit(), Tile.largest(lanes).rows()));
        this.tile = new Tile(lanes, rows, Tile.widest(lanes, rows));
        int beyond = p.columns() % tile.columns();
        boolean fillNone = p.columns() < lanes.count();
        this.restColumns = beyond == 0 || fillNone ? beyond : Math.max(beyond, lanes.count());
        this.restRows = fillNone ? Math.ceilDiv(rows, Math.ceilDiv(rows, EDGE_ROWS)) : rows;
        Kind kind = restColumns % lanes.count() == 0 ? Kind.DIRECT : fillNone ? Kind.EDGE : Kind.OVERLAP;
        this.rest = beyond == 0 ? null
                : Kernel.of(p.type(), new Tile(lanes, restRows, Math.ceilDiv(restColumns, lanes.count())), kind);
        this.whole = p.columns() < tile.columns() && rest != null ? rest : Kernel.of(p.type(), tile, Kind.DIRECT);
        boolean isLarge = (long) p.depth() * p.columns() > MOST_CACHED && p.columns() >= LEAST_STRETCH;
        boolean collides = isLarge && CacheSets.collide(p.type(), p.b().rowStride());
        this.stream = collides && lanes.isVector() && p.rows() <= MOST_STREAMED_ROWS
                ? MicroKernels.warm(p.type(), new Tile(lanes, rows, Tile.largest(lanes).vectors()), Kind.STREAM) : null;
        this.panels = new Panels(lanes, p, null);
        this.plainPanels = new PlainPanels(rows, tile.columns(), panels.width());
    }

    @Override
    public int rowUnit() {
        return Math.max(1, p.rows());
    }

    @Override
    public int columnUnit() {
        return COLUMN_UNIT;
    }

    @Override
    public Panels panels() {
        return panels;
    }

    @Override
    public @Nullable Object kept(Derived derived, Panels.Key key, Derived.Maker maker) {
        // Values that would have to be read are better read into panels, if nothing else needs them.
        int patience = derived.isStored() && p.columns() % tile.columns() == 0 ? 0 : PATIENCE;
        return p.columns() >= tile.columns() ? derived.get(key, patience, maker) : null;
    }

    @Override
    public boolean readsRight(@Nullable Object kept) {
        return kept == null || SmallNumbers.areIn(kept) && !isReady(fromBytes) || p.columns() % tile.columns() != 0;
    }

    @Override
    public boolean readsRows(int threads) {
        return stream != null && p.columns() >= threads * LEAST_STRETCH;
    }

    @Override
    public void block(GemmCall call, int batch, int rowFrom, int rowTo, int columnFrom, int columnTo) {
        Object left = call.a;
        int leftAt = call.aAt(batch, 0, 0);
        int leftRow = p.a().rowStride();
        boolean crowding = p.rows() >= CROWDING_ROWS && CacheSets.collide(p.type(), leftRow) && columnTo - columnFrom >= COLUMN_UNIT;
        boolean copies = p.depth() > 1 && (p.a().columnStride() != 1 || crowding);
        if (copies) {
            left = Scratch.borrow(p.type(), p.rows() * (p.depth() + LeftRows.SLACK));
            panels.packing().copy(call.a, leftAt, leftRow, p.a().columnStride(), left, 0, p.depth() + LeftRows.SLACK, p.rows(), p.depth());
            leftAt = 0;
            leftRow = p.depth() + LeftRows.SLACK;
        }
        int column = columnFrom;
        boolean bytes = call.panels != null && SmallNumbers.areIn(call.panels);
        MicroKernel kernel = call.panels == null ? null : bytes ? fromBytes() : fromPanels(call);
        int panelsAt = panels.start() + (bytes ? SmallNumbers.SHIFT : 0) + call.panelsAt(batch);
        if (kernel == null && stream != null && columnTo - columnFrom >= LEAST_STRETCH && stream.isReady()) {
            column = columnTo - (columnTo - columnFrom) % tile.columns();
            stream(stream.kernel(), call, batch, left, leftAt, leftRow, columnFrom, column);
        }
        for (; column + tile.columns() <= columnTo; column += tile.columns()) {
            if (kernel == null) {
                run(whole, call, batch, left, leftAt, leftRow, column);
            } else {
                for (int row = 0; row < p.rows(); row += tile.rows()) {
                    int from = firstRow(row);
                    kernel.run(left, leftAt + from * leftRow, leftRow, Objects.requireNonNull(call.panels), panelsAt + column * p.depth(),
                            panels.width() * p.depth(), call.c, call.cAt(batch, from, column), p.c().rowStride(), p.depth(), 0);
                }
            }
        }
        if (rest != null && column < columnTo) {
            rest(rest.now(), call, batch, left, leftAt, leftRow, columnFrom, columnTo);
        }
        if (copies) {
            Scratch.giveBack(p.type(), left);
        }
    }

    /** The kernel for panels; null as long as it is not ready, if B itself is there. */
    private @Nullable MicroKernel fromPanels(GemmCall call) {
        Warm<MicroKernel> warm = fromPanels;
        if (warm == null) {
            warm = MicroKernels.warm(p.type(), tile, Kind.PANELS);
            fromPanels = warm;
        }
        return warm.isReady() ? warm.kernel() : call.isRightStored() ? plainPanels : null;
    }

    /** The kernel for panels of bytes; null as long as it is not ready. */
    private @Nullable MicroKernel fromBytes() {
        Warm<MicroKernel> warm = fromBytes;
        if (warm == null && tile.lanes().widensBytes()) {
            warm = MicroKernels.warm(p.type(), tile, Kind.PANELS_OF_BYTES);
            fromBytes = warm;
        }
        return warm != null && isReady(warm) ? warm.kernel() : null;
    }

    private static boolean isReady(@Nullable Warm<MicroKernel> kernel) {
        return kernel != null && kernel.isReady();
    }

    private void run(Kernel kernel, GemmCall call, int batch, Object left, int leftAt, int leftRow, int column) {
        for (int row = 0; row < p.rows(); row += tile.rows()) {
            int from = firstRow(row);
            kernel.now().run(left, leftAt + from * leftRow, leftRow, call.b, call.bAt(batch, 0, column), p.b().rowStride(), call.c,
                    call.cAt(batch, from, column), p.c().rowStride(), p.depth(), 0);
        }
    }

    /** Where the tile begins whose own rows begin with {@code row}. */
    private int firstRow(int row) {
        return Math.min(row, p.rows() - tile.rows());
    }

    /**
     * Whole tiles of columns: the first rows of B begin the sums, and the others are added as they lie in memory. The sums are in scratch, as threads
     * that add to the same line of C again and again take it from each other.
     */
    private void stream(MicroKernel kernel, GemmCall call, int batch, Object left, int leftAt, int leftRow, int columnFrom, int columnTo) {
        int first = p.depth() - (p.depth() - 1) / MicroKernels.STREAMED * MicroKernels.STREAMED;
        int most = Math.min(CACHED_SUMS / p.rows() / tile.columns() * tile.columns(), columnTo - columnFrom);
        Object sums = Scratch.borrow(p.type(), p.rows() * most);
        for (int from = columnFrom; from < columnTo; from += most) {
            int count = Math.min(most, columnTo - from);
            for (int column = 0; column < count; column += tile.columns()) {
                whole.now().run(left, leftAt, leftRow, call.b, call.bAt(batch, 0, from + column), p.b().rowStride(), sums, column, most,
                        first, 0);
            }
            kernel.run(left, leftAt + first, leftRow, call.b, call.bAt(batch, first, from), p.b().rowStride(), sums, 0, most,
                    p.depth() - first, count);
            for (int row = 0; row < p.rows(); row++) {
                System.arraycopy(sums, row * most, call.c, call.cAt(batch, row, from), count);
            }
        }
        Scratch.giveBack(p.type(), sums);
    }

    /** The last columns; by way of scratch where those before them are another block's. */
    private void rest(MicroKernel kernel, GemmCall call, int batch, Object left, int leftAt, int leftRow, int columnFrom, int columnTo) {
        int first = columnTo - restColumns;
        boolean apart = first < columnFrom;
        Object to = apart ? Scratch.borrow(p.type(), p.rows() * restColumns) : call.c;
        int toRow = apart ? restColumns : p.c().rowStride();
        for (int row = 0; row < p.rows(); row += restRows) {
            int from = Math.min(row, p.rows() - restRows);
            kernel.run(left, leftAt + from * leftRow, leftRow, call.b, call.bAt(batch, 0, first), p.b().rowStride(), to,
                    apart ? from * restColumns : call.cAt(batch, from, first), toRow, p.depth(), restColumns);
        }
        if (apart) {
            for (int row = 0; row < p.rows(); row++) {
                System.arraycopy(to, (row + 1) * restColumns - (columnTo - columnFrom), call.c, call.cAt(batch, row, columnFrom),
                        columnTo - columnFrom);
            }
            Scratch.giveBack(p.type(), to);
        }
    }

    @Override
    public String toString() {
        return "direct";
    }
}
