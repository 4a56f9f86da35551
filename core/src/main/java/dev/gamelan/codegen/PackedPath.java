package dev.gamelan.codegen;

import dev.gamelan.codegen.Gemm.Problem;
import dev.gamelan.codegen.MicroKernels.Kind;
import org.jspecify.annotations.Nullable;

/**
 * Products through packed panels of B: all of the inner dimension times as many columns as the micro-kernel has, zeros
 * beyond the last column. Stretches of the inner dimension are taken one after another, so that a stretch of a panel
 * stays in the first-level cache while the rows of a block pass by it.
 */
final class PackedPath implements GemmPath {
    /** Elements of B packed at a time. */
    static final int MOST_PACKED = 1 << 22;
    /** Rows of a block: with a stretch of the inner dimension they fill a part of the second-level cache. */
    static final int MOST_ROWS = 96;
    /** Bytes of a row of A that are multiplied before the next rows' turn. */
    private static final int STRETCH_BYTES = 4096;
    /** Elements that keep data at the start of a cache line in large arrays, which begin 16 bytes after one. */
    private static final int ALIGNED_START_BYTES = 48;
    private static final int PACK_TASK_ELEMENTS = 32 * 1024;
    private static final int PAD = 16;

    private final Problem p;
    private final Tile tile;
    private final MicroKernel whole;
    private final MicroKernel rest;
    private final PackKernels packing;
    private final boolean copiesRows;
    private final int stretch;
    private final int start;

    PackedPath(Lanes lanes, Problem problem) {
        p = problem;
        tile = Tile.largest(lanes);
        whole = MicroKernels.of(p.type(), tile, Kind.PANEL);
        int remainder = p.rows() % tile.rows();
        rest = remainder == 0 ? whole
                : MicroKernels.of(p.type(), new Tile(lanes, remainder, tile.vectors()), Kind.PANEL);
        packing = PackKernels.of(p.type(), tile);
        copiesRows = p.a().columnStride() != 1 || isHarmful(p.a().rowStride()) && p.columns() >= 4 * tile.columns();
        int most = STRETCH_BYTES * 8 / p.type().bits();
        int stretches = Math.max(1, Math.ceilDiv(p.depth(), most + most / 4));
        stretch = Math.max(1, Math.ceilDiv(p.depth(), stretches));
        start = ALIGNED_START_BYTES * 8 / p.type().bits();
    }

    /** Rows this far apart fall into the same few cache sets. */
    private boolean isHarmful(int rowStride) {
        return (long) rowStride * p.type().bits() / 8 % 2048 == 0;
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
        int panels = MOST_PACKED / Math.max(1, p.depth()) / tile.columns();
        return Math.max(8, panels) * tile.columns();
    }

    int panelElements(int columns) {
        return start + Math.ceilDiv(columns, tile.columns()) * tile.columns() * p.depth();
    }

    private int panelsPerTask() {
        return Math.max(1, PACK_TASK_ELEMENTS / (tile.columns() * Math.max(1, p.depth())));
    }

    int packTasks(int columns) {
        return Math.ceilDiv(Math.ceilDiv(columns, tile.columns()), panelsPerTask());
    }

    /** Packs the panels of one task for the stretch of columns that begins at {@code firstColumn}. */
    void pack(GemmCall call, int batch, int firstColumn, int lastColumn, int task) {
        int from = firstColumn + task * panelsPerTask() * tile.columns();
        int to = Math.min(lastColumn, from + panelsPerTask() * tile.columns());
        packColumns(call, batch, from, to, call.panels, start + (from - firstColumn) * p.depth());
    }

    private void packColumns(GemmCall call, int batch, int from, int to, @Nullable Object panels, int offset) {
        int width = tile.columns();
        int at = offset;
        for (int j = from; j < to; j += width) {
            int columns = Math.min(width, to - j);
            if (columns < width) {
                Scratch.zero(panels, at, at + width * p.depth());
            }
            packing.copy(call.b, call.bAt(batch, 0, j), p.b().rowStride(), p.b().columnStride(), panels, at, width,
                    p.depth(), columns);
            at += width * p.depth();
        }
    }

    @Override
    public void block(GemmCall call, int batch, int rowFrom, int rowTo, int columnFrom, int columnTo) {
        if (p.depth() == 0) {
            zero(call, batch, rowFrom, rowTo, columnFrom, columnTo);
            return;
        }
        int blockRows = Math.min(rowTo - rowFrom, MOST_ROWS);
        int tileElements = tile.rows() * tile.columns();
        Object scratch = Scratch.borrow(p.type(), tileElements + (copiesRows ? blockRows * (stretch + PAD) : 0));
        Object panels = call.panels;
        int at = start;
        if (panels == null) {
            panels = Scratch.borrow(p.type(), panelElements(columnTo - columnFrom));
            packColumns(call, batch, columnFrom, columnTo, panels, start);
        } else {
            at += (columnFrom - call.firstColumn()) * p.depth();
        }
        for (int row = rowFrom; row < rowTo; row += blockRows) {
            rows(call, batch, row, Math.min(rowTo, row + blockRows), columnFrom, columnTo, panels, at, scratch);
        }
        if (call.panels == null) {
            Scratch.giveBack(p.type(), panels);
        }
        Scratch.giveBack(p.type(), scratch);
    }

    private void rows(GemmCall call, int batch, int rowFrom, int rowTo, int columnFrom, int columnTo, Object panels,
            int panelsAt, Object scratch) {
        int tileElements = tile.rows() * tile.columns();
        for (int inner = 0; inner < p.depth(); inner += stretch) {
            int depth = Math.min(stretch, p.depth() - inner);
            Object left = call.a;
            int leftAt = call.aAt(batch, rowFrom, inner);
            int leftRow = p.a().rowStride();
            if (copiesRows) {
                packing.copy(left, leftAt, leftRow, p.a().columnStride(), scratch, tileElements, depth + PAD,
                        rowTo - rowFrom, depth);
                left = scratch;
                leftAt = tileElements;
                leftRow = depth + PAD;
            }
            boolean accumulate = call.accumulate || inner > 0;
            for (int column = columnFrom; column < columnTo; column += tile.columns()) {
                int panelAt = panelsAt + (column - columnFrom) * p.depth() + inner * tile.columns();
                int columns = Math.min(tile.columns(), columnTo - column);
                for (int row = rowFrom; row < rowTo; row += tile.rows()) {
                    int rows = Math.min(tile.rows(), rowTo - row);
                    int rowAt = leftAt + (row - rowFrom) * leftRow;
                    int cAt = call.cAt(batch, row, column);
                    MicroKernel kernel = rows == tile.rows() ? whole : rest;
                    if (columns == tile.columns()) {
                        kernel.run(left, rowAt, leftRow, panels, panelAt, 0, call.c, cAt, p.c().rowStride(), depth, 0,
                                accumulate);
                    } else {
                        partial(kernel, left, rowAt, leftRow, panels, panelAt, call.c, cAt, depth, rows, columns,
                                accumulate, scratch);
                    }
                }
            }
        }
    }

    /** A tile beyond the right edge of C: computed beside it, in scratch. */
    private void partial(MicroKernel kernel, Object left, int leftAt, int leftRow, Object panels, int panelAt, Object c,
            int cAt, int depth, int rows, int columns, boolean accumulate, Object scratch) {
        int width = tile.columns();
        if (accumulate) {
            for (int r = 0; r < rows; r++) {
                System.arraycopy(c, cAt + r * p.c().rowStride(), scratch, r * width, columns);
            }
        }
        kernel.run(left, leftAt, leftRow, panels, panelAt, 0, scratch, 0, width, depth, 0, accumulate);
        for (int r = 0; r < rows; r++) {
            System.arraycopy(scratch, r * width, c, cAt + r * p.c().rowStride(), columns);
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
