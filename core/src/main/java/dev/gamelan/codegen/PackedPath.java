package dev.gamelan.codegen;

import dev.gamelan.codegen.Gemm.Problem;
import dev.gamelan.codegen.MicroKernels.Kind;
import dev.gamelan.ir.Derived;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Products through packed panels of B: all of the inner dimension times as many columns as the micro-kernel has, zeros
 * beyond the last column. Stretches of the inner dimension are taken one after another, so that a stretch of a panel
 * stays in the nearest caches while the rows of a block pass by it; a few stretches before the next panel's turn, so that their
 * sums stay there too.
 *
 * <p>Where a block packs panels for itself, the first tile of rows does it while it multiplies: there is time to store what is loaded
 * anyway.
 *
 * <p>One micro-kernel can do it all: what it computes beyond the last row or column goes to scratch. The last rows get a
 * smaller kernel of their own as soon as it is compiled, and so do the last columns; all give the same bits.
 */
final class PackedPath implements GemmPath {
    /** Elements of B packed at a time. */
    static final int MOST_PACKED = 1 << 22;
    /** A kernel for the last rows has to save at least this fraction of the rows. */
    private static final int WORTH_A_KERNEL = 50;
    /** Tiles of a block's rows: with a stretch of the inner dimension they fill a part of the second-level cache. */
    private static final int MOST_TILES = 12;
    /** Rows beyond which packing takes little of the time. */
    private static final int MOST_ROWS_TO_KEEP = 4096;
    /** Bytes of a row of A that are multiplied before the next rows' turn. */
    private static final int STRETCH_BYTES = 4096;
    /** Stretches that a panel is multiplied for before the next panel's turn. */
    private static final int MOST_STRETCHES = 3;
    /** Elements of panels that all rows of a block pass by before the next panels' turn: they stay in the cache that threads share. */
    private static final int CACHED_PANELS = 1 << 20;
    /** Elements of kept panels that may still be in cache when they are needed again, after what else a network has. */
    private static final int CACHED_KEPT = 1 << 16;
    private static final int LEAST_PANELS = 8;
    /** Panels among which one that is not whole is worth a kernel of its own. */
    private static final int FEW_PANELS = 16;
    /** Tiles among which bringing panels is shared: with more there is little to gain over reading ahead. */
    private static final int MOST_BRINGING = 8;
    /** With fewer rows of two vectors each multiply-add waits for the one before it. */
    private static final int LEAST_ROWS = 4;

    private final Problem p;
    private final Tile tile;
    private final RowKernels kernels;
    private final MicroKernel plain;
    /** For whole tiles and panels, from the second stretch on: it adds. Asked for by who comes there first. */
    private volatile @Nullable Warm<MicroKernel> adding;
    /** For panels of {@link SmallNumbers}; null as long as there have been none for a second time. */
    private volatile @Nullable RowKernels smallKernels;
    private volatile boolean hadSmallNumbers;
    /** For the columns beyond the last whole panel, where they are a good part of all. */
    private final @Nullable Warm<MicroKernel> edge;
    /** For whole tiles, where B is not packed yet. */
    private final @Nullable Warm<PackingKernel> packing;
    /** For whole tiles and panels of a transposed A. */
    private final @Nullable LeftColumns ofColumns;
    private final Panels panels;
    private final @Nullable LeftRows left;
    private final int stretch;
    /** Elements of the inner dimension that a panel is multiplied for before the next panel's turn. */
    private final int group;
    /** Panels come from memory, and so few rows pass by that they wait for it. */
    private final boolean readsAhead;
    /** Bring the next panel while they multiply; null where panels are read ahead of it, or do not come from memory. */
    private final @Nullable AheadKernels ahead;
    private final int packedStretches;

    /**
     * Kernels for whole panels.
     *
     * @param rest for the rows beyond the last whole tile, where it saves enough
     */
    private record RowKernels(Warm<MicroKernel> whole, @Nullable Warm<MicroKernel> rest) {
    }

    /**
     * Kernels for whole tiles and panels that bring the next panel meanwhile.
     *
     * @param aRow the distance that rows of A have for them
     */
    private record AheadKernels(Warm<MicroKernel> first, Warm<MicroKernel> adding, int aRow) {
        @Nullable MicroKernel of(boolean accumulate) {
            Warm<MicroKernel> warm = accumulate ? adding : first;
            return warm.isReady() ? warm.kernel() : null;
        }
    }

    /** @param kept whether panels of B are kept for many products */
    PackedPath(Lanes lanes, Problem problem, boolean kept) {
        this(lanes, problem, matrixRows(lanes, problem), null, kept, true);
    }

    /** @param left brings rows of A into cache; null where they are read in place */
    PackedPath(Lanes lanes, Problem problem, @Nullable LeftRows left) {
        this(lanes, problem, left, null, false, false);
    }

    /**
     * @param left  brings rows of A into cache; null where they are read in place
     * @param right brings columns of B into panels; null where they are those of a matrix
     * @param kept  whether panels of B are kept for many products
     */
    PackedPath(Lanes lanes, Problem problem, @Nullable LeftRows left, @Nullable RightColumns right, boolean kept) {
        this(lanes, problem, left, right, kept, false);
    }

    /** @param isMatrix whether A is a matrix, of which {@code left} is a copy */
    private PackedPath(Lanes lanes, Problem problem, @Nullable LeftRows left, @Nullable RightColumns right, boolean kept,
            boolean isMatrix) {
        p = problem;
        Tile largest = Tile.largest(lanes);
        // Rows that one block has room for are not cut into more, each of which would read all panels.
        boolean oneBlock = p.rows() <= MOST_TILES * largest.rows();
        readsAhead = oneBlock && p.rows() > largest.rows() && (long) p.depth() * p.columns() > (kept ? CACHED_KEPT : CACHED_PANELS);
        tile = new Tile(lanes, readsAhead ? evenRows(p.rows(), largest.rows()) : Math.clamp(p.rows(), 1, largest.rows()),
                largest.vectors());
        plain = new PlainKernel(tile.rows(), tile.columns(), tile.columns());
        kernels = rowKernels(each -> MicroKernels.warmPanel(p.type(), each));
        int edgeColumns = p.columns() % tile.columns();
        boolean stores = lanes.isVector() && (lanes.maskedMemory() || edgeColumns % lanes.count() == 0);
        edge = edgeColumns > 0 && stores && p.columns() <= FEW_PANELS * tile.columns() && p.rows() >= tile.rows()
                ? MicroKernels.warmEdge(p.type(), tile, edgeColumns) : null;
        panels = new Panels(lanes, p, right);
        packing = right == null && lanes.isVector() && tile.equals(largest) && p.b().columnStride() == 1 && packsApart()
                ? MicroKernels.warmPacking(p.type(), tile) : null;
        int stretches = stretches(p.type(), p.depth());
        stretch = Math.max(1, Math.ceilDiv(p.depth(), stretches));
        group = stretch * (oneBlock ? 1 : Math.min(stretches, MOST_STRETCHES));
        ofColumns = isMatrix ? LeftColumns.of(p, tile, stretch) : null;
        boolean brings = readsAhead && ofColumns == null && p.rows() <= MOST_BRINGING * tile.rows()
                && MicroKernels.canBring(p.type(), tile, stretch);
        ahead = brings ? new AheadKernels(MicroKernels.warmAhead(p.type(), tile, stretch, false),
                MicroKernels.warmAhead(p.type(), tile, stretch, true), MicroKernels.aheadRow(stretch)) : null;
        this.left = brings && left == null ? copiedRows(lanes, p) : left;
        packedStretches = Math.max(1, MOST_PACKED / (LEAST_PANELS * tile.columns() * stretch));
    }

    private static int stretches(ElementType type, int depth) {
        int most = STRETCH_BYTES * 8 / type.bits();
        return Math.max(1, Math.ceilDiv(depth, most + most / 4));
    }

    /** The rows of tiles that take the least time for so many: the last, of few rows, takes as long as one of {@link #LEAST_ROWS}. */
    static int evenRows(int rows, int most) {
        int tiles = Math.ceilDiv(rows, most);
        int even = Math.ceilDiv(rows, tiles);
        int rest = rows % most;
        return tiles * even < rows - rest + (rest == 0 ? 0 : Math.max(rest, LEAST_ROWS)) ? even : most;
    }

    /** Whether each sum is one chain of multiply-adds, as those of {@link DirectPath} are. */
    static boolean isOneChain(ElementType type, int depth) {
        return stretches(type, depth) == 1;
    }

    private RowKernels rowKernels(Function<Tile, Warm<MicroKernel>> kernelFor) {
        int remainder = p.rows() % tile.rows();
        boolean saves = remainder > 0 && (tile.rows() - remainder) * WORTH_A_KERNEL > p.rows();
        return new RowKernels(kernelFor.apply(tile),
                saves ? kernelFor.apply(new Tile(tile.lanes(), remainder, tile.vectors())) : null);
    }

    /** Panels are {@link SmallNumbers}. One run alone, perhaps the only one, does not wait for kernels of their own. */
    void expectSmallNumbers() {
        if (smallKernels == null && hadSmallNumbers && tile.lanes().widensBytes()) {
            smallKernels = rowKernels(MicroKernels::warmBytes);
        }
        hadSmallNumbers = true;
    }

    static @Nullable LeftRows matrixRows(Lanes lanes, Problem p) {
        Tile tile = Tile.largest(lanes);
        int rowStride = p.a().rowStride();
        int columnStride = p.a().columnStride();
        if (columnStride == 1 && !(CacheSets.collide(p.type(), rowStride) && p.columns() >= 4 * tile.columns())) {
            return null;
        }
        return copiedRows(lanes, p);
    }

    private static LeftRows copiedRows(Lanes lanes, Problem p) {
        int rowStride = p.a().rowStride();
        int columnStride = p.a().columnStride();
        PackKernels packing = PackKernels.of(p.type(), Tile.largest(lanes));
        return (from, offset, row, rows, inner, depth, to, toOffset, toStride) -> packing.copy(from,
                offset + row * rowStride + inner * columnStride, rowStride, columnStride, to, toOffset, toStride, rows, depth);
    }

    @Override
    public void await() {
        if (!kernels.whole.isReady() && PlainKernel.isWorthWaiting((long) p.batch() * p.rows() * p.columns() * p.depth(), p.type())) {
            kernels.whole.await();
            panels.packing().await(p.a().columnStride() != 1 || p.b().columnStride() != 1);
        }
    }

    boolean copiesRows() {
        return left != null;
    }

    /** Whether B is so small that each thread may pack the panels that it needs. */
    boolean packsApart() {
        return (long) p.depth() * p.columns() <= MOST_PACKED / 4;
    }

    /** Elements of the inner dimension for which B is packed at a time. */
    int packedDepth() {
        return packedStretches * stretch;
    }

    @Override
    public int rowUnit() {
        return tile.rows();
    }

    @Override
    public int columnUnit() {
        return tile.columns();
    }

    int columnsPerStretch() {
        int panels = MOST_PACKED / Math.max(1, Math.min(p.depth(), packedDepth())) / tile.columns();
        return Math.max(LEAST_PANELS, panels) * tile.columns();
    }

    /** Rows that are multiplied with all panels before the next rows' turn. */
    int mostRows() {
        return MOST_TILES / (group / stretch) * tile.rows();
    }

    @Override
    public Panels panels() {
        return panels;
    }

    @Override
    public @Nullable Object kept(Derived derived, Panels.Key key, Derived.Maker maker) {
        return p.rows() <= MOST_ROWS_TO_KEEP ? derived.get(key, maker) : null;
    }

    @Override
    public boolean readsRight(@Nullable Object kept) {
        return kept == null;
    }

    @Override
    public void block(GemmCall call, int batch, int rowFrom, int rowTo, int columnFrom, int columnTo) {
        if (p.depth() == 0) {
            zero(call, batch, rowFrom, rowTo, columnFrom, columnTo);
            return;
        }
        int blocks = Math.ceilDiv(rowTo - rowFrom, mostRows());
        int blockRows = Math.ceilDiv(Math.ceilDiv(rowTo - rowFrom, blocks), tile.rows()) * tile.rows();
        int innerExtent = call.lastInner() - call.firstInner();
        // Rows beyond the last are read with the last tile, and never used.
        int leftRows = left == null ? 0 : blockRows + tile.rows();
        Object scratch = Scratch.borrow(p.type(), tileElements() + leftRows * leftStride(Math.min(group, innerExtent)));
        Object packed = call.panels;
        int at = panels.start();
        if (packed == null) {
            packed = Scratch.borrow(p.type(), panels.elements(columnTo - columnFrom, innerExtent));
        } else {
            at += call.panelsAt(batch) + (columnFrom - call.firstColumn()) * innerExtent;
        }
        Object wide = SmallNumbers.areIn(packed) ? Scratch.borrow(p.type(), panels.start() + stretch * tile.columns()) : packed;
        int step = Math.max(LEAST_PANELS, CACHED_PANELS / group / tile.columns()) * tile.columns();
        for (int column = columnFrom; column < columnTo; column += step) {
            int panelAt = at + (column - columnFrom) * innerExtent;
            for (int row = rowFrom; row < rowTo; row += blockRows) {
                boolean packs = call.panels == null && row == rowFrom;
                for (int inner = call.firstInner(); inner < call.lastInner(); inner += group) {
                    rows(call, batch, row, Math.min(rowTo, row + blockRows), inner, column, Math.min(columnTo, column + step), packed,
                            panelAt, wide, packs, scratch);
                }
            }
        }
        if (SmallNumbers.areIn(packed)) {
            Scratch.giveBack(p.type(), wide);
        }
        if (call.panels == null) {
            Scratch.giveBack(p.type(), packed);
        }
        Scratch.giveBack(p.type(), scratch);
    }

    /** Distance of rows in scratch of which so many elements are multiplied at a time. */
    private int leftStride(int elements) {
        return ahead == null ? elements + LeftRows.SLACK : ahead.aRow;
    }

    private int tileElements() {
        return tile.rows() * tile.columns();
    }

    /**
     * Some rows and all columns of a block, for a few stretches of the inner dimension from {@code inner}.
     *
     * @param wide the panels, or room for a stretch of one of them where they are {@link SmallNumbers}
     */
    private void rows(GemmCall call, int batch, int rowFrom, int rowTo, int inner, int columnFrom, int columnTo, Object packed,
            int packedAt, Object wide, boolean packs, Object scratch) {
        int innerTo = Math.min(call.lastInner(), inner + group);
        if (!packs && (innerTo <= firstLive(rowFrom, rowTo - rowFrom) || inner >= lastLive(rowFrom, rowTo - rowFrom))) {
            return;
        }
        Object rows = call.a;
        int rowsAt = call.aAt(batch, rowFrom, inner);
        int rowStride = p.a().rowStride();
        LeftColumns leftColumns = ofColumns != null && ofColumns.isReady() ? ofColumns : null;
        if (left != null) {
            rows = scratch;
            rowsAt = tileElements();
            rowStride = leftStride(innerTo - inner);
            int whole = leftColumns == null ? 0 : (rowTo - rowFrom) / tile.rows() * tile.rows();
            if (leftColumns != null && leftColumns.areCopied()) {
                leftColumns.copy(call, batch, rowFrom, whole, inner, innerTo, scratch, rowsAt, rowStride);
            } else if (packs) {
                copyRows(call, batch, rowFrom, Math.min(tile.rows(), whole), inner, innerTo, scratch, rowsAt, rowStride);
            }
            copyRows(call, batch, rowFrom + whole, rowTo - rowFrom - whole, inner, innerTo, scratch, rowsAt + whole * rowStride, rowStride);
        }
        for (int column = columnFrom; column < columnTo; column += tile.columns()) {
            int columns = Math.min(tile.columns(), columnTo - column);
            int panelAt = packedAt + (column - columnFrom) * (call.lastInner() - call.firstInner());
            for (int from = inner; from < innerTo; from += stretch) {
                int at = panelAt + (from - call.firstInner()) * tile.columns();
                int next = nextPanel(call, innerTo, columnFrom, column, columnTo);
                stretch(call, batch, rowFrom, rowTo, from, Math.min(stretch, innerTo - from), column, columns, leftColumns, rows, rowsAt,
                        from - inner, rowStride, packed, at, next, wide, packs, scratch);
            }
        }
    }

    /** Where panels are read stretch by stretch: how far it is from one to the next, 0 at the end. */
    private int nextPanel(GemmCall call, int innerTo, int columnFrom, int column, int columnTo) {
        int depth = call.lastInner() - call.firstInner();
        if (column + tile.columns() < columnTo) {
            return depth * tile.columns();
        }
        return innerTo < call.lastInner() ? (columnFrom - column) * depth + stretch * tile.columns() : 0;
    }

    private void copyRows(GemmCall call, int batch, int row, int count, int inner, int innerTo, Object to, int at, int stride) {
        if (count > 0) {
            Objects.requireNonNull(left).copy(call.a, call.aAt(batch, 0, 0), row, count, inner, innerTo - inner, to, at, stride);
        }
    }

    /**
     * One panel and one stretch of the inner dimension.
     *
     * @param leftColumns for whole tiles, instead of rows; null where there is none
     * @param copiedAt where the rows were copied to, or those of A begin
     * @param within where the stretch begins in them
     * @param nextPanel distance of the stretch that is multiplied next; 0 if there is none
     */
    private void stretch(GemmCall call, int batch, int rowFrom, int rowTo, int inner, int depth, int column, int columns,
            @Nullable LeftColumns leftColumns, Object rows, int copiedAt, int within, int rowStride, Object packed, int packedAt,
            int nextPanel, Object wide, boolean packs, Object scratch) {
        boolean accumulate = inner > 0;
        int rowsAt = copiedAt + within;
        int row = 0;
        boolean hasRows = leftColumns == null || !leftColumns.areCopied();
        if (packs && hasRows && packing != null && packing.isReady() && columns == tile.columns() && rowTo - rowFrom >= tile.rows()) {
            int cAt = call.cAt(batch, rowFrom, column);
            packing.kernel().run(rows, rowsAt, rowStride, call.b, call.bAt(batch, inner, column), p.b().rowStride(),
                    accumulate ? scratch : call.c, accumulate ? 0 : cAt, accumulate ? columns : p.c().rowStride(), depth, packed, packedAt);
            if (accumulate) {
                part(scratch, 0, tile.rows(), columns, call.c, cAt, true);
            }
            row = tile.rows();
        } else if (packs) {
            panels.pack(call, batch, column, columns, inner, depth, packed, packedAt);
        }
        boolean whole = rowTo - rowFrom == p.rows() && columns == tile.columns() && !packs && !SmallNumbers.areIn(packed);
        MicroKernel bringing = ahead != null && whole ? ahead.of(accumulate) : null;
        if (!packs && readsAhead && bringing == null) {
            ReadAhead.read(packed, packedAt, packedAt + depth * tile.columns(), scratch);
        }
        RowKernels set = kernels;
        RowKernels small = smallKernels;
        boolean bytes = false;
        Object panel = packed;
        int panelAt = packedAt;
        if (SmallNumbers.areIn(packed) && small != null && small.whole.isReady() && columns == tile.columns() && leftColumns == null) {
            set = small;
            bytes = true;
            panelAt += SmallNumbers.SHIFT;
        } else if (SmallNumbers.areIn(packed)) {
            SmallNumbers.widen((byte[]) packed, packedAt, (float[]) wide, panels.start(), depth * tile.columns());
            panel = wide;
            panelAt = panels.start();
        }
        boolean columnsAdd = accumulate && leftColumns != null && leftColumns.add();
        for (; leftColumns != null && row + tile.rows() <= rowTo - rowFrom; row += tile.rows()) {
            boolean apart = accumulate && !columnsAdd;
            int cAt = call.cAt(batch, rowFrom + row, column);
            leftColumns.run(call, batch, rowFrom + row, inner, depth, rows, copiedAt + row * rowStride + within * tile.rows(), panel,
                    panelAt,
                    apart ? scratch : call.c, apart ? 0 : cAt, apart ? tile.columns() : p.c().rowStride(), columnsAdd);
            if (apart) {
                part(scratch, 0, tile.rows(), columns, call.c, cAt, true);
            }
        }
        MicroKernel first = bringing != null && !accumulate ? bringing : kernel(set, columns);
        MicroKernel next = bringing != null ? bringing : accumulate && !bytes && columns == tile.columns() ? adding() : null;
        // The elements of the next panel that each step of a tile brings: together all of it, or nearly.
        int brought = bringing == null ? columns : nextPanel == 0 ? 0 : MicroKernels.broughtAtOnce(tile, p.rows() / tile.rows());
        for (; row < rowTo - rowFrom; row += tile.rows()) {
            int count = Math.min(tile.rows(), rowTo - rowFrom - row);
            int live = packs ? 0 : firstLive(rowFrom + row, count);
            int from = Math.max(inner, live);
            int length = Math.min(inner + depth, packs ? p.depth() : lastLive(rowFrom + row, count)) - from;
            if (length <= 0) {
                continue;
            }
            boolean adds = from > live;
            int aAt = rowsAt + row * rowStride + from - inner;
            int bAt = panelAt + (from - inner) * tile.columns();
            int cAt = call.cAt(batch, rowFrom + row, column);
            MicroKernel kernel = adds && next != null ? next : first;
            if (count == tile.rows() && kernel != null) {
                boolean apart = adds && next == null;
                int distance = bringing == null ? 0 : nextPanel + row / tile.rows() * depth * brought;
                kernel.run(rows, aAt, rowStride, panel, bAt, distance, apart ? scratch : call.c, apart ? 0 : cAt,
                        apart ? tile.columns() : p.c().rowStride(), length, brought);
                if (apart) {
                    part(scratch, 0, count, columns, call.c, cAt, true);
                }
            } else if (set.rest != null && set.rest.isReady() && count < tile.rows() && columns == tile.columns()) {
                set.rest.kernel().run(rows, aAt, rowStride, panel, bAt, 0, adds ? scratch : call.c, adds ? 0 : cAt,
                        adds ? columns : p.c().rowStride(), length, 0);
                if (adds) {
                    part(scratch, 0, count, columns, call.c, cAt, true);
                }
            } else {
                // The last tile reads rows before it instead of rows that are not there; a copy has room behind it.
                int skipped = left == null ? tile.rows() - count : 0;
                set.whole.kernelOr(plain).run(rows, aAt - skipped * rowStride, rowStride, panel, bAt, 0, scratch, 0, tile.columns(),
                        length, 0);
                part(scratch, skipped, count, columns, call.c, cAt, adds);
            }
        }
    }

    private int firstLive(int row, int rows) {
        return left == null ? 0 : left.firstLive(row, rows);
    }

    private int lastLive(int row, int rows) {
        return left == null ? p.depth() : Math.min(p.depth(), left.lastLive(row, rows));
    }

    /** The kernel that adds; null as long as it is not ready, while products are added one tile after another. */
    private @Nullable MicroKernel adding() {
        Warm<MicroKernel> warm = adding;
        if (warm == null && tile.lanes().isVector()) {
            warm = MicroKernels.warm(p.type(), tile, Kind.PANEL_ADDING);
            adding = warm;
        }
        return warm != null && warm.isReady() ? warm.kernel() : null;
    }

    /** The kernel for a panel of so many columns; null where there is none, or it is not ready. */
    private @Nullable MicroKernel kernel(RowKernels set, int columns) {
        if (columns == tile.columns()) {
            return set.whole.kernelOr(plain);
        }
        return edge != null && edge.isReady() ? edge.kernel() : null;
    }

    /** A part of a tile in scratch that belongs into C. */
    private void part(Object scratch, int firstRow, int rows, int columns, Object c, int cAt, boolean accumulate) {
        for (int r = 0; r < rows; r++) {
            int from = (firstRow + r) * tile.columns();
            int to = cAt + r * p.c().rowStride();
            if (!accumulate) {
                System.arraycopy(scratch, from, c, to, columns);
            } else if (c instanceof float[] floats) {
                add((float[]) scratch, from, floats, to, columns);
            } else {
                add((double[]) scratch, from, (double[]) c, to, columns);
            }
        }
    }

    private static void add(float[] from, int at, float[] to, int toAt, int count) {
        for (int i = 0; i < count; i++) {
            to[toAt + i] += from[at + i];
        }
    }

    private static void add(double[] from, int at, double[] to, int toAt, int count) {
        for (int i = 0; i < count; i++) {
            to[toAt + i] += from[at + i];
        }
    }

    private void zero(GemmCall call, int batch, int rowFrom, int rowTo, int columnFrom, int columnTo) {
        for (int row = rowFrom; row < rowTo; row++) {
            Scratch.zero(call.c, call.cAt(batch, row, columnFrom), call.cAt(batch, row, columnTo));
        }
    }

    @Override
    public String toString() {
        return "packed";
    }
}
