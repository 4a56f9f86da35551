package dev.gamelan.codegen;

import dev.gamelan.codegen.Gemm.Problem;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Products through packed panels of B: all of the inner dimension times as many columns as the micro-kernel has, zeros
 * beyond the last column. Stretches of the inner dimension are taken one after another, so that a stretch of a panel
 * stays in the first-level cache while the rows of a block pass by it.
 *
 * <p>One micro-kernel can do it all: what it computes beyond the last row or column goes to scratch. The last rows get a
 * smaller kernel of their own as soon as it is compiled, and so do the last columns; all give the same bits.
 */
final class PackedPath implements GemmPath {
    /** Elements of B packed at a time. */
    static final int MOST_PACKED = 1 << 22;
    /** Multiply-adds that take longer without compiled kernels than compiling takes. */
    private static final long WORTH_WAITING = 2_000_000;
    /** A kernel for the last rows has to save at least this fraction of the rows. */
    private static final int WORTH_A_KERNEL = 50;
    /** Tiles of a block's rows: with a stretch of the inner dimension they fill a part of the second-level cache. */
    private static final int MOST_TILES = 12;
    /** Rows beyond which packing takes little of the time. */
    private static final int MOST_ROWS_TO_KEEP = 4096;
    /** Bytes of a row of A that are multiplied before the next rows' turn. */
    private static final int STRETCH_BYTES = 4096;
    /** Elements that keep data at the start of a cache line in large arrays, which begin 16 bytes after one. */
    private static final int ALIGNED_START_BYTES = 48;
    private static final int LEAST_PANELS = 8;
    /** Panels among which one that is not whole is worth a kernel of its own. */
    private static final int FEW_PANELS = 16;
    private static final int PACK_TASK_ELEMENTS = 32 * 1024;

    private final Problem p;
    private final Tile tile;
    private final RowKernels kernels;
    /** For panels of {@link SmallNumbers}; null as long as there have been none for a second time. */
    private volatile @Nullable RowKernels smallKernels;
    private volatile boolean hadSmallNumbers;
    /** For the columns beyond the last whole panel, where they are a good part of all. */
    private final @Nullable Warm<MicroKernel> edge;
    private final PackKernels packing;
    private final @Nullable LeftRows left;
    private final int stretch;
    private final int packedStretches;
    private final int start;

    /**
     * Kernels for whole panels.
     *
     * @param rest for the rows beyond the last whole tile, where it saves enough
     */
    private record RowKernels(Warm<MicroKernel> whole, @Nullable Warm<MicroKernel> rest) {
    }

    /** Panels of the whole of a B that lies at an offset; what does not depend on the rows. */
    record PanelsKey(Tile tile, int matrices, int columns, int depth, Gemm.Layout b, int offset) {
    }

    PackedPath(Lanes lanes, Problem problem) {
        this(lanes, problem, matrixRows(lanes, problem));
    }

    /** @param left brings rows of A into cache; null where they are read in place */
    PackedPath(Lanes lanes, Problem problem, @Nullable LeftRows left) {
        this.left = left;
        p = problem;
        Tile largest = Tile.largest(lanes);
        tile = new Tile(lanes, Math.clamp(p.rows(), 1, largest.rows()), largest.vectors());
        kernels = rowKernels(each -> MicroKernels.warmPanel(p.type(), each));
        int edgeColumns = p.columns() % tile.columns();
        boolean stores = lanes.isVector() && (lanes.maskedMemory() || edgeColumns % lanes.count() == 0);
        edge = edgeColumns > 0 && stores && p.columns() <= FEW_PANELS * tile.columns() && p.rows() >= tile.rows()
                ? MicroKernels.warmEdge(p.type(), tile, edgeColumns) : null;
        packing = PackKernels.of(p.type(), largest);
        int most = STRETCH_BYTES * 8 / p.type().bits();
        int stretches = Math.max(1, Math.ceilDiv(p.depth(), most + most / 4));
        stretch = Math.max(1, Math.ceilDiv(p.depth(), stretches));
        packedStretches = Math.max(1, MOST_PACKED / (LEAST_PANELS * tile.columns() * stretch));
        start = ALIGNED_START_BYTES * 8 / p.type().bits();
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

    private static @Nullable LeftRows matrixRows(Lanes lanes, Problem p) {
        Tile tile = Tile.largest(lanes);
        int rowStride = p.a().rowStride();
        int columnStride = p.a().columnStride();
        // Rows this far apart fall into the same few cache sets.
        boolean harmful = (long) rowStride * p.type().bits() / 8 % 2048 == 0;
        if (columnStride == 1 && !(harmful && p.columns() >= 4 * tile.columns())) {
            return null;
        }
        PackKernels packing = PackKernels.of(p.type(), tile);
        return (from, offset, row, rows, inner, depth, to, toOffset, toStride) -> packing.copy(from,
                offset + row * rowStride + inner * columnStride, rowStride, columnStride, to, toOffset, toStride, rows, depth);
    }

    @Override
    public void await() {
        if ((long) p.batch() * p.rows() * p.columns() * p.depth() >= WORTH_WAITING) {
            kernels.whole.await();
            packing.await(p.a().columnStride() != 1 || p.b().columnStride() != 1);
        }
    }

    boolean copiesRows() {
        return left != null;
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

    int panelElements(int columns, int depth) {
        return start + Math.ceilDiv(columns, tile.columns()) * tile.columns() * depth;
    }

    /** Rows that are multiplied with all panels before the next rows' turn. */
    int mostRows() {
        return MOST_TILES * tile.rows();
    }

    /** Whether panels of B are worth keeping where B stays the same. */
    boolean keepsPanels() {
        return p.rows() <= MOST_ROWS_TO_KEEP && panelsOfMatrix() * keptMatrices() + start <= Integer.MAX_VALUE / 2;
    }

    PanelsKey panelsKey(int offset) {
        return new PanelsKey(new Tile(tile.lanes(), 1, tile.vectors()), keptMatrices(), p.columns(), p.depth(), p.b(), offset);
    }

    /** Matrices of B that differ. */
    int keptMatrices() {
        return p.b().batchStride() == 0 ? 1 : p.batch();
    }

    /** Elements of the panels of one whole matrix. */
    private long panelsOfMatrix() {
        return (long) Math.ceilDiv(p.columns(), tile.columns()) * tile.columns() * p.depth();
    }

    /** Elements from the panels of one matrix to those of the next. */
    int matrixPanels() {
        return keptMatrices() == 1 ? 0 : Math.toIntExact(panelsOfMatrix());
    }

    int keptElements() {
        return Math.toIntExact(start + keptMatrices() * panelsOfMatrix());
    }

    private int panelsPerTask(int depth) {
        return Math.max(1, PACK_TASK_ELEMENTS / (tile.columns() * Math.max(1, depth)));
    }

    /** Tasks that pack a stretch of columns. */
    int packTasks(int columns, int depth) {
        return Math.ceilDiv(Math.ceilDiv(columns, tile.columns()), panelsPerTask(depth));
    }

    /** Packs the panels of one task for the stretch of columns that begins at {@code firstColumn}. */
    void pack(GemmCall call, int batch, int firstColumn, int lastColumn, int task) {
        int depth = call.lastInner() - call.firstInner();
        int from = firstColumn + task * panelsPerTask(depth) * tile.columns();
        int to = Math.min(lastColumn, from + panelsPerTask(depth) * tile.columns());
        packColumns(call, batch, from, to, Objects.requireNonNull(call.panels),
                start + call.panelsAt(batch) + (from - firstColumn) * depth);
    }

    private void packColumns(GemmCall call, int batch, int from, int to, Object panels, int offset) {
        int width = tile.columns();
        int depth = call.lastInner() - call.firstInner();
        int at = offset;
        for (int j = from; j < to; j += width) {
            int columns = Math.min(width, to - j);
            if (columns < width) {
                Scratch.zero(panels, at, at + width * depth);
            }
            packing.copy(call.b, call.bAt(batch, call.firstInner(), j), p.b().rowStride(), p.b().columnStride(), panels, at,
                    width, depth, columns);
            at += width * depth;
        }
    }

    @Override
    public void block(GemmCall call, int batch, int rowFrom, int rowTo, int columnFrom, int columnTo) {
        if (p.depth() == 0) {
            zero(call, batch, rowFrom, rowTo, columnFrom, columnTo);
            return;
        }
        int blocks = Math.ceilDiv(rowTo - rowFrom, mostRows());
        int blockRows = Math.ceilDiv(Math.ceilDiv(rowTo - rowFrom, blocks), tile.rows()) * tile.rows();
        // Rows beyond the last are read with the last tile, and never used.
        int leftRows = left == null ? 0 : blockRows + tile.rows();
        Object scratch = Scratch.borrow(p.type(), tileElements() + leftRows * (stretch + LeftRows.SLACK));
        Object panels = call.panels;
        int at = start;
        if (panels == null) {
            panels = Scratch.borrow(p.type(), panelElements(columnTo - columnFrom, call.lastInner() - call.firstInner()));
            packColumns(call, batch, columnFrom, columnTo, panels, start);
        } else {
            at += call.panelsAt(batch) + (columnFrom - call.firstColumn()) * (call.lastInner() - call.firstInner());
        }
        Object wide = SmallNumbers.areIn(panels) ? Scratch.borrow(p.type(), start + stretch * tile.columns()) : panels;
        for (int row = rowFrom; row < rowTo; row += blockRows) {
            for (int inner = call.firstInner(); inner < call.lastInner(); inner += stretch) {
                stretch(call, batch, row, Math.min(rowTo, row + blockRows), inner, columnFrom, columnTo, panels, at, wide, scratch);
            }
        }
        if (SmallNumbers.areIn(panels)) {
            Scratch.giveBack(p.type(), wide);
        }
        if (call.panels == null) {
            Scratch.giveBack(p.type(), panels);
        }
        Scratch.giveBack(p.type(), scratch);
    }

    private int tileElements() {
        return tile.rows() * tile.columns();
    }

    /**
     * One stretch of the inner dimension, from {@code inner}, for some rows.
     *
     * @param wide the panels, or room for a stretch of one of them where they are {@link SmallNumbers}
     */
    private void stretch(GemmCall call, int batch, int rowFrom, int rowTo, int inner, int columnFrom, int columnTo,
            Object panels, int panelsAt, Object wide, Object scratch) {
        int depth = Math.min(stretch, call.lastInner() - inner);
        Object rows = call.a;
        int rowsAt = call.aAt(batch, rowFrom, inner);
        int rowStride = p.a().rowStride();
        if (left != null) {
            rows = scratch;
            rowsAt = tileElements();
            rowStride = depth + LeftRows.SLACK;
            left.copy(call.a, call.aAt(batch, 0, 0), rowFrom, rowTo - rowFrom, inner, depth, rows, rowsAt, rowStride);
        }
        int packedDepth = call.lastInner() - call.firstInner();
        boolean accumulate = call.accumulate || inner > 0;
        for (int column = columnFrom; column < columnTo; column += tile.columns()) {
            int columns = Math.min(tile.columns(), columnTo - column);
            int panelAt = panelsAt + (column - columnFrom) * packedDepth + (inner - call.firstInner()) * tile.columns();
            RowKernels set = kernels;
            boolean narrow = SmallNumbers.areIn(panels);
            Object panel = panels;
            RowKernels small = smallKernels;
            if (narrow && small != null && small.whole.isReady() && columns == tile.columns()) {
                set = small;
                panelAt += SmallNumbers.SHIFT;
            } else if (narrow) {
                SmallNumbers.widen((byte[]) panels, panelAt, (float[]) wide, start, depth * tile.columns());
                panel = wide;
                panelAt = start;
            }
            MicroKernel kernel = kernel(set, columns);
            int wholeRows = kernel == null ? 0 : (rowTo - rowFrom) / tile.rows() * tile.rows();
            for (int row = 0; row < wholeRows; row += tile.rows()) {
                Objects.requireNonNull(kernel).run(rows, rowsAt + row * rowStride, rowStride, panel, panelAt, 0, call.c,
                        call.cAt(batch, rowFrom + row, column), p.c().rowStride(), depth, columns, accumulate);
            }
            for (int row = wholeRows; row < rowTo - rowFrom; row += tile.rows()) {
                int count = Math.min(tile.rows(), rowTo - rowFrom - row);
                int cAt = call.cAt(batch, rowFrom + row, column);
                Warm<MicroKernel> rest = set.rest;
                if (rest != null && rest.isReady() && count < tile.rows() && columns == tile.columns()) {
                    rest.kernel().run(rows, rowsAt + row * rowStride, rowStride, panel, panelAt, 0, call.c, cAt, p.c().rowStride(), depth,
                            0, accumulate);
                } else {
                    // The last tile reads rows before it instead of rows that are not there; a copy has room behind it.
                    int skipped = left == null ? tile.rows() - count : 0;
                    set.whole.kernel().run(rows, rowsAt + (row - skipped) * rowStride, rowStride, panel, panelAt, 0, scratch, 0,
                            tile.columns(), depth,
                            0, false);
                    part(scratch, skipped, count, columns, call.c, cAt, accumulate);
                }
            }
        }
    }

    /** The kernel for a panel of so many columns; null where there is none, or it is not ready. */
    private @Nullable MicroKernel kernel(RowKernels set, int columns) {
        if (columns == tile.columns()) {
            return set.whole.kernel();
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
        for (int row = rowFrom; row < rowTo && !call.accumulate; row++) {
            Scratch.zero(call.c, call.cAt(batch, row, columnFrom), call.cAt(batch, row, columnTo));
        }
    }

    @Override
    public String toString() {
        return "packed";
    }
}
