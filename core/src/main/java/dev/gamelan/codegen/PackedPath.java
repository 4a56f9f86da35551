package dev.gamelan.codegen;

import dev.gamelan.codegen.Gemm.Problem;
import dev.gamelan.ir.Derived;
import java.util.Objects;
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
    /** Rows beyond which packing takes little of the time. */
    private static final int MOST_ROWS_TO_KEEP = 4096;
    /** Elements of rows of B that are read before they are packed: pieces of a row alone would be too short to be read quickly. */
    private static final int READ_AHEAD = 200 * 1024;
    /** Rows for which a panel of {@link SmallNumbers} is read as it is. For more it costs less to widen it once than for each tile. */
    private static final int MOST_ROWS_OF_BYTES = 48;

    private final Problem p;
    private final PackedCut cut;
    private final Tile tile;
    private final int stretch;
    private final PanelKernels kernels;
    /** For whole tiles and panels of a transposed A. */
    private final @Nullable LeftColumns ofColumns;
    private final Panels panels;
    private final @Nullable LeftRows left;
    /** Bring the next panel while they multiply; null where panels are read ahead of it, or do not come from memory. */
    private final @Nullable AheadKernels ahead;

    /**
     * Kernels for whole tiles and panels that bring the next panel meanwhile.
     *
     * @param adding null where all elements are multiplied at a time
     * @param aRow the distance that rows of A have for them
     */
    private record AheadKernels(Warm<MicroKernel> first, @Nullable Warm<MicroKernel> adding, int aRow) {
        @Nullable MicroKernel of(boolean accumulate) {
            Warm<MicroKernel> warm = accumulate ? adding : first;
            return warm != null && warm.isReady() ? warm.kernel() : null;
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
        cut = PackedCut.of(lanes, p, kept);
        tile = cut.tile();
        stretch = cut.stretch();
        panels = new Panels(lanes, p, right);
        boolean packs = right == null && tile.equals(Tile.largest(lanes)) && p.b().columnStride() == 1 && cut.packsApart();
        ofColumns = isMatrix ? LeftColumns.of(p, tile, stretch) : null;
        // What is left out of rows of patches follows from where tiles begin, which is the same for any number of threads.
        boolean shortens = (isMatrix || left == null) && ofColumns == null;
        kernels = new PanelKernels(p, cut, packs, shortens);
        boolean brings = cut.readsAhead() && ofColumns == null && p.rows() <= MicroKernels.MOST_BRINGING * tile.rows()
                && MicroKernels.canBring(p.type(), tile, stretch);
        ahead = brings ? new AheadKernels(MicroKernels.warmAhead(p.type(), tile, stretch, false),
                stretch < p.depth() ? MicroKernels.warmAhead(p.type(), tile, stretch, true) : null, MicroKernels.aheadRow(stretch)) : null;
        this.left = brings && left == null ? copiedRows(lanes, p) : left;
    }

    PackedCut cut() {
        return cut;
    }

    /** Panels are {@link SmallNumbers}. One run alone, perhaps the only one, does not wait for kernels of their own. */
    void expectSmallNumbers() {
        kernels.expectBytes();
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
        if (!kernels.isReady() && PlainKernel.isWorthWaiting((long) p.batch() * p.rows() * p.columns() * p.depth(), p.type())) {
            kernels.await();
            panels.packing().await(p.a().columnStride() != 1 || p.b().columnStride() != 1);
        }
    }

    boolean copiesRows() {
        return left != null;
    }

    @Override
    public int rowUnit() {
        return tile.rows();
    }

    @Override
    public int columnUnit() {
        return tile.columns();
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
        int blocks = Math.ceilDiv(rowTo - rowFrom, cut.mostRows());
        int blockRows = Math.ceilDiv(Math.ceilDiv(rowTo - rowFrom, blocks), tile.rows()) * tile.rows();
        int innerExtent = call.lastInner() - call.firstInner();
        // Rows beyond the last are read with the last tile, and never used.
        int leftRows = left == null ? 0 : blockRows + tile.rows();
        Object scratch = Scratch.borrow(p.type(), tileElements() + leftRows * leftStride(Math.min(cut.group(), innerExtent)));
        Object packed = call.panels;
        int at = panels.start();
        if (packed == null) {
            packed = Scratch.borrow(p.type(),
                    blocks == 1 ? panels.elements(1, stretch) : panels.elements(columnTo - columnFrom, innerExtent));
        } else {
            at += call.panelsAt(batch) + (columnFrom - call.firstColumn()) * innerExtent;
        }
        Object wide = SmallNumbers.areIn(packed) ? Scratch.borrow(p.type(), panels.start() + stretch * tile.columns()) : packed;
        int step = cut.cachedColumns();
        for (int column = columnFrom; column < columnTo; column += step) {
            int panelAt = at + (column - columnFrom) * innerExtent;
            for (int row = rowFrom; row < rowTo; row += blockRows) {
                boolean packs = call.panels == null && row == rowFrom;
                for (int inner = call.firstInner(); inner < call.lastInner(); inner += cut.group()) {
                    rows(call, batch, row, Math.min(rowTo, row + blockRows), inner, column, Math.min(columnTo, column + step), packed,
                            panelAt, wide, packs, packs && blocks == 1, scratch);
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
     * @param once whether a stretch of a panel is packed into the place of the one before, as no other rows need it
     */
    private void rows(GemmCall call, int batch, int rowFrom, int rowTo, int inner, int columnFrom, int columnTo, Object packed,
            int packedAt, Object wide, boolean packs, boolean once, Object scratch) {
        int innerTo = Math.min(call.lastInner(), inner + cut.group());
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
                int at = once ? panels.start() : panelAt + (from - call.firstInner()) * tile.columns();
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
        boolean isWhole = columns == tile.columns();
        boolean isOfBytes = SmallNumbers.areIn(packed);
        int row = 0;
        if (packs) {
            if (cut.readsAhead() && panels.isMatrix()) {
                readAhead(call, batch, inner, depth, column, scratch);
            }
            boolean hasRows = leftColumns == null || !leftColumns.areCopied();
            PackingKernel packing = hasRows && isWhole && rowTo - rowFrom >= tile.rows() ? kernels.packing() : null;
            if (packing == null) {
                panels.pack(call, batch, column, columns, inner, depth, packed, packedAt);
            } else {
                int cAt = call.cAt(batch, rowFrom, column);
                packing.run(rows, copiedAt + within, rowStride, call.b, call.bAt(batch, inner, column), p.b().rowStride(),
                        accumulate ? scratch : call.c, accumulate ? 0 : cAt, accumulate ? columns : p.c().rowStride(), depth, packed,
                        packedAt);
                if (accumulate) {
                    move(scratch, 0, columns, tile.rows(), columns, call.c, cAt, true);
                }
                row = tile.rows();
            }
        }
        boolean allRows = rowTo - rowFrom == p.rows() && !packs;
        MicroKernel bringing = ahead != null && allRows && isWhole && !isOfBytes ? ahead.of(accumulate) : null;
        if (!packs && cut.readsAhead() && bringing == null) {
            ReadAhead.read(packed, packedAt, packedAt + depth * tile.columns(), scratch);
        }
        boolean readsBytes = isOfBytes && rowTo - rowFrom <= MOST_ROWS_OF_BYTES && isWhole && leftColumns == null && kernels.readBytes();
        Object panel = packed;
        int panelAt = readsBytes ? packedAt + SmallNumbers.SHIFT : packedAt;
        if (isOfBytes && !readsBytes) {
            SmallNumbers.widen((byte[]) packed, packedAt, (float[]) wide, panels.start(), depth * tile.columns());
            panel = wide;
            panelAt = panels.start();
        }
        if (leftColumns != null) {
            row = columnTiles(call, batch, rowFrom, rowTo, row, inner, depth, column, leftColumns, rows, copiedAt, within, rowStride, panel,
                    panelAt, scratch);
        }
        tiles(call, batch, rowFrom, rowTo, row, inner, depth, column, columns, rows, copiedAt + within, rowStride, panel, panelAt,
                nextPanel,
                bringing, readsBytes, packs, scratch);
    }

    /** Reads what is packed next, where B comes from memory: columns that follow each other, or rows as far as the cache has room for them. */
    private void readAhead(GemmCall call, int batch, int inner, int depth, int column, Object scratch) {
        int width = tile.columns();
        int from = call.bAt(batch, inner, column);
        if (p.b().rowStride() == 1) {
            ReadAhead.readRows(call.b, from, Math.min(width, p.columns() - column), p.b().columnStride(), depth, scratch);
        } else if (p.b().columnStride() == 1) {
            int each = Math.max(1, READ_AHEAD / (width * stretch)) * width;
            if (column % each == 0) {
                ReadAhead.readRows(call.b, from, depth, p.b().rowStride(), Math.min(each, p.columns() - column), scratch);
            }
        }
    }

    /** Whole tiles from columns of A. The first row that is left. */
    private int columnTiles(GemmCall call, int batch, int rowFrom, int rowTo, int firstRow, int inner, int depth, int column,
            LeftColumns leftColumns, Object rows, int copiedAt, int within, int rowStride, Object panel, int panelAt, Object scratch) {
        boolean accumulate = inner > 0;
        boolean adds = accumulate && leftColumns.add();
        boolean apart = accumulate && !adds;
        int row = firstRow;
        for (; row + tile.rows() <= rowTo - rowFrom; row += tile.rows()) {
            int cAt = call.cAt(batch, rowFrom + row, column);
            leftColumns.run(call, batch, rowFrom + row, inner, depth, rows, copiedAt + row * rowStride + within * tile.rows(), panel,
                    panelAt,
                    apart ? scratch : call.c, apart ? 0 : cAt, apart ? tile.columns() : p.c().rowStride(), adds);
            if (apart) {
                move(scratch, 0, tile.columns(), tile.rows(), tile.columns(), call.c, cAt, true);
            }
        }
        return row;
    }

    /** Tiles from rows of A, the first of them at {@code rowsAt}. */
    private void tiles(GemmCall call, int batch, int rowFrom, int rowTo, int firstRow, int inner, int depth, int column, int columns,
            Object rows, int rowsAt, int rowStride, Object panel, int panelAt, int nextPanel, @Nullable MicroKernel bringing,
            boolean readsBytes, boolean packs, Object scratch) {
        boolean isWhole = columns == tile.columns();
        boolean accumulate = inner > 0;
        MicroKernel first = bringing != null && !accumulate ? bringing : kernels.whole(readsBytes, columns);
        MicroKernel next = bringing != null ? bringing : accumulate && !readsBytes && isWhole ? kernels.adding() : null;
        // The elements of the next panel that each step of a tile brings: together all of it, or nearly.
        int brought = bringing == null ? columns : nextPanel == 0 ? 0 : MicroKernels.broughtAtOnce(tile, p.rows() / tile.rows());
        MicroKernel shorter = isWhole && bringing == null ? kernels.shorter(readsBytes) : null;
        int wholeRows = shorter == null ? rowTo - rowFrom : cut.wholeRows(rowTo - rowFrom);
        int count;
        for (int row = firstRow; row < rowTo - rowFrom; row += count) {
            boolean isShorter = row >= wholeRows && firstRow <= wholeRows;
            count = Math.min(isShorter ? tile.rows() - 1 : tile.rows(), rowTo - rowFrom - row);
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
            boolean all = count == tile.rows();
            MicroKernel kernel = isShorter ? shorter : !all ? isWhole ? kernels.rest(readsBytes) : null : adds && next != null ? next
                    : first;
            if (kernel == null) {
                // The last tile reads rows before it instead of rows that are not there; a copy has room behind it.
                int skipped = left == null ? tile.rows() - count : 0;
                kernels.whole(readsBytes).run(rows, aAt - skipped * rowStride, rowStride, panel, bAt, 0, scratch, 0, tile.columns(), length,
                        0);
                move(scratch, skipped * tile.columns(), tile.columns(), count, columns, call.c, cAt, adds);
                continue;
            }
            boolean apart = adds && !(all && next != null);
            int distance = bringing == null || !all ? 0 : nextPanel + row / tile.rows() * depth * brought;
            kernel.run(rows, aAt, rowStride, panel, bAt, distance, apart ? scratch : call.c, apart ? 0 : cAt,
                    apart ? tile.columns() : p.c().rowStride(), length, all ? brought : 0);
            if (apart) {
                move(scratch, 0, tile.columns(), count, columns, call.c, cAt, true);
            }
        }
    }

    /** Sums in scratch that belong into C. */
    private void move(Object scratch, int at, int stride, int rows, int columns, Object c, int cAt, boolean add) {
        TileSums.move(scratch, at, stride, rows, columns, c, cAt, p.c().rowStride(), add);
    }

    private int firstLive(int row, int rows) {
        return left == null ? 0 : left.firstLive(row, rows);
    }

    private int lastLive(int row, int rows) {
        return left == null ? p.depth() : Math.min(p.depth(), left.lastLive(row, rows));
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
