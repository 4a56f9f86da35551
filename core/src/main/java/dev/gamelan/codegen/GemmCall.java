package dev.gamelan.codegen;

import dev.gamelan.codegen.Gemm.Problem;
import dev.gamelan.codegen.Gemm.RowsDone;
import dev.gamelan.ir.Derived;
import dev.gamelan.runtime.Pool;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** One run of a product: its operands, and how it is cut into tasks. Reused by later runs. */
final class GemmCall {
    /** Multiply-adds below which a task is not worth its hand-over to another thread. */
    private static final long SMALLEST_TASK = 100_000;
    /** Multiply-adds in the time that a block takes apart from multiplying. */
    private static final int BLOCK_OVERHEAD = 2_000;
    /** Elements of C that a task with a {@link RowsDone} should leave in the second-level cache. */
    private static final int CACHED_RESULTS = 64 * 1024;

    /** The inner extent from which on it costs little to look at results again after all threads are done. */
    private static final int LEAST_DEPTH = 64;
    /** Multiply-adds in the time that copying an element of A takes, and that reading one of a panel from a shared cache takes. */
    private static final int COPIED = 32;
    private static final int PANEL_ELEMENT = 20;

    /** Tiles of rows that are few, so that all threads may read them. */
    private static final int FEW_TILES = 24;
    /** Parts for each thread that are considered, beyond the fewest. */
    private static final int ROW_CUTS = 4;
    /** Rows that are multiplied in the time that reading B from the second-level cache takes. */
    private static final int LEAST_ROWS = 3;
    /** Elements of a stored B that are read at a time. */
    private static final int MOST_READ = 256 * 1024;

    private final Gemm gemm;
    private final Problem p;
    private final GemmPath path;
    private final @Nullable Panels form;
    private final Pool.Task blockTask = (task, worker) -> block(task);
    private final Pool.Task groupTask = (task, worker) -> blocks(task);
    private final Pool.Task packTask = (task, worker) -> pack(task);
    private final Pool.Task packRowsTask = (task, worker) -> packRows(task);
    private final Pool.Task reportTask = (task, worker) -> report(task);
    private final Derived.Maker packAll = this::packAll;
    Object a = this;
    /** This itself where {@link #derived} has values that have not been read. */
    Object b = this;
    Object c = this;
    int aOffset;
    int bOffset;
    int cOffset;
    private @Nullable RowsDone done;
    private @Nullable Derived derived;
    /** Panels of B for all blocks, or null where each block packs its own. */
    @Nullable Object panels;
    /** How far apart the panels of two matrices are, where {@link #panels} holds those of all. */
    private int panelStride;
    private Panels.@Nullable Key key;
    private Pool pool = Pool.shared();
    private int firstBatch;
    private int firstColumn;
    private int lastColumn;
    private int firstInner;
    private int lastInner;
    private int rowStep;
    private int columnStep;
    private int rowBlocks;
    private int columnBlocks;
    /** Blocks, and how many of them make a task. */
    private int blocks;
    private int blocksPerTask;

    GemmCall(Gemm gemm, Problem problem, GemmPath path) {
        this.gemm = gemm;
        this.p = problem;
        this.path = path;
        this.form = path.panels();
    }

    /** @param b null where {@code derived} has values that have not been read */
    void run(Pool pool, Object a, int aOffset, @Nullable Object b, int bOffset, Object c, int cOffset,
            @Nullable RowsDone done, @Nullable Derived derived) {
        this.pool = pool;
        this.a = a;
        this.aOffset = aOffset;
        this.b = b == null ? this : b;
        this.derived = derived;
        this.bOffset = bOffset;
        this.c = c;
        this.cOffset = cOffset;
        this.done = done;
        try {
            path.await();
            Object kept = kept(derived);
            if (isRightStored() && path.readsRight(kept)) {
                this.b = Objects.requireNonNull(derived).values();
            }
            if (path instanceof PackedPath packed) {
                runPacked(packed, kept);
            } else {
                panels = kept;
                runBlocks(parts());
            }
        } finally {
            panels = null;
            panelStride = 0;
            this.a = this;
            this.b = this;
            this.c = this;
            this.done = null;
            this.derived = null;
        }
    }

    /** Whether B is not in an array. */
    boolean isRightStored() {
        return b == this;
    }

    private void runPacked(PackedPath packed, @Nullable Object kept) {
        int threads = threads(p.columns());
        boolean packsApart = kept == null && packed.cut().packsApart();
        if (isBatchParallel(pool.workers()) && (kept != null || packsApart)) {
            panels = kept;
            runBlocks(1);
        } else if (packsApart && p.batch() == 1
                && cutsColumns(packed, threads, p.columns(), done == null ? Integer.MAX_VALUE : FEW_TILES)) {
            runBlocks(threads);
        } else {
            runShared(packed, kept);
        }
    }

    /** Panels of the whole B, if they are kept or become so. */
    private @Nullable Object kept(@Nullable Derived derived) {
        if (derived == null || form == null || !form.fit()) {
            return null;
        }
        if (key == null || key.offset() != bOffset) {
            key = form.key(bOffset);
        }
        Object kept = path.kept(derived, key, packAll);
        panelStride = kept == null ? 0 : form.matrixStride();
        if (kept != null && SmallNumbers.areIn(kept) && path instanceof PackedPath packed) {
            packed.expectSmallNumbers();
        }
        return kept;
    }

    private Object packAll(@Nullable Object earlier) {
        Panels whole = Objects.requireNonNull(form);
        boolean fits = earlier != null && !SmallNumbers.areIn(earlier);
        Object all = fits ? Objects.requireNonNull(earlier) : p.type().newArray(whole.allElements());
        panels = all;
        panelStride = whole.matrixStride();
        wholeMatrix();
        if (isRightStored()) {
            packStored(whole);
        } else {
            packRows(whole);
        }
        return SmallNumbers.narrowed(all);
    }

    /** Packs the rows from {@link #firstInner} to {@link #lastInner}, of all matrices. */
    private void packRows(Panels whole) {
        for (firstBatch = 0; firstBatch < whole.matrices(); firstBatch++) {
            pool.run(whole.tasks(p.columns(), p.depth()), packRowsTask);
        }
    }

    /** Reads B some rows at a time where its rows follow each other, so that it is never in an array as a whole. */
    private void packStored(Panels whole) {
        Derived stored = Objects.requireNonNull(derived);
        if (!whole.isOfRows()) {
            b = stored.array();
            packRows(whole);
            b = this;
            return;
        }
        int offset = bOffset;
        int row = p.b().rowStride();
        int rows = Math.clamp(MOST_READ / row, 1, Math.max(1, p.depth()));
        Object read = Scratch.borrow(p.type(), rows * row);
        b = read;
        for (int from = 0; from < p.depth(); from += rows) {
            firstInner = from;
            lastInner = Math.min(p.depth(), from + rows);
            // The last row may end where the next would not.
            stored.read(offset + from * row, (lastInner - from - 1) * row + p.columns(), read);
            bOffset = -from * row;
            packRows(whole);
        }
        Scratch.giveBack(p.type(), read);
        b = this;
        bOffset = offset;
    }

    private void wholeMatrix() {
        firstInner = 0;
        lastInner = p.depth();
        firstColumn = 0;
        lastColumn = p.columns();
    }

    /** Whether each thread should take whole matrices. */
    private boolean isBatchParallel(int workers) {
        long work = (long) p.rows() * p.columns() * p.depth();
        return p.batch() > 1 && (work < 2 * SMALLEST_TASK || p.batch() % workers == 0 || p.batch() >= 4 * workers);
    }

    /** All matrices, in blocks that need nothing from each other. */
    private void runBlocks(int wanted) {
        firstBatch = 0;
        wholeMatrix();
        boolean wide = p.columns() >= p.rows() || path instanceof PackedPath;
        cut(wide ? 1 : wanted, wide ? wanted : 1);
        blocks = p.batch() * rowBlocks * columnBlocks;
        blocksPerTask = Math.ceilDiv(blocks, tasks(blocks));
        pool.run(Math.ceilDiv(blocks, blocksPerTask), groupTask);
        reportApart(p.batch());
    }

    /** Into how many tasks blocks are gathered that may be too small to be worth a task each. */
    private int tasks(int blocks) {
        if (p.batch() == 1) {
            return blocks;
        }
        long work = (long) p.batch() * p.rows() * p.columns() * p.depth() + (long) blocks * BLOCK_OVERHEAD;
        long worth = work / SMALLEST_TASK;
        return worth == 0 ? 1 : (int) Math.min(blocks, Math.ceilDiv(worth, pool.workers()) * pool.workers());
    }

    /** One matrix after another, all threads on each, B packed in stretches of columns and of the inner dimension. */
    private void runShared(PackedPath packed, @Nullable Object kept) {
        int columns = kept == null ? packed.cut().packedColumns() : p.columns();
        int depth = kept == null ? packed.cut().packedDepth() : p.depth();
        for (firstBatch = 0; firstBatch < p.batch(); firstBatch++) {
            for (firstColumn = 0; firstColumn < p.columns(); firstColumn += columns) {
                lastColumn = Math.min(p.columns(), firstColumn + columns);
                int elements = packed.panels().elements(lastColumn - firstColumn, Math.min(p.depth(), depth));
                panels = kept == null ? Scratch.borrow(p.type(), elements) : kept;
                firstInner = 0;
                do {
                    lastInner = Math.min(p.depth(), firstInner + depth);
                    if (kept == null) {
                        pool.run(packed.panels().tasks(lastColumn - firstColumn, lastInner - firstInner), packTask);
                    }
                    cutShared(packed);
                    pool.run(rowBlocks * columnBlocks, blockTask);
                    firstInner = lastInner;
                } while (lastInner < p.depth());
                if (kept == null) {
                    Scratch.giveBack(p.type(), panels);
                    panels = null;
                }
            }
            lastColumn = p.columns();
            reportApart(1);
        }
    }

    /** How many parts of a matrix, along its longer side, are computed apart where B is read as it is. */
    private int parts() {
        // However few rows there are, B has to be read.
        long work = Math.max(p.rows(), LEAST_ROWS) * (long) p.columns() * p.depth();
        int cuts = panels == null && path.readsRows(pool.workers()) ? 1 : ROW_CUTS;
        int most = (int) Math.min(Math.max(1, cuts * pool.workers() / p.batch()), 1 + work / SMALLEST_TASK);
        if (p.batch() > 1 || most < pool.workers()) {
            return most;
        }
        boolean wide = p.columns() >= p.rows();
        int unit = wide ? path.columnUnit() : path.rowUnit();
        return Shares.evenParts(wide ? p.columns() : p.rows(), unit, pool.workers(), 1, most / pool.workers());
    }

    private int threads(int columns) {
        long work = (long) p.rows() * columns * p.depth();
        return (int) Math.min(pool.workers(), 1 + work / SMALLEST_TASK);
    }

    /**
     * Whether threads better share the columns of few rows than these rows: a thread's part is more even, and it reads only its own
     * panels; but all rows, and results are complete only when all threads are done.
     *
     * @param mostTiles of rows that are few
     */
    private boolean cutsColumns(PackedPath packed, int threads, int width, int mostTiles) {
        int unit = path.rowUnit();
        if (threads == 1 || p.rows() / unit > mostTiles || width < threads * path.columnUnit()
                || done != null && p.depth() < LEAST_DEPTH) {
            return false;
        }
        long rowShare = Shares.roundUp(Math.ceilDiv(p.rows(), threads), unit);
        long columnShare = Shares.roundUp(Math.ceilDiv(width, threads), path.columnUnit());
        int copying = packed.copiesRows() ? COPIED : 0;
        return Shares.roundUp(p.rows(), unit) * (columnShare + copying) + PANEL_ELEMENT * columnShare
                < rowShare * (width + copying) + PANEL_ELEMENT * width;
    }

    private void cutShared(PackedPath packed) {
        int most = packed.cut().mostRows();
        if (done != null) {
            most = Math.max(4 * path.rowUnit(), Math.min(most, CACHED_RESULTS / (lastColumn - firstColumn)));
        }
        int threads = threads(lastColumn - firstColumn);
        if (cutsColumns(packed, threads, lastColumn - firstColumn, FEW_TILES)) {
            cut(1, threads);
            return;
        }
        int blocks = Math.ceilDiv(p.rows(), most);
        int rowsPossible = Math.ceilDiv(p.rows(), path.rowUnit());
        if (rowsPossible >= 3 * threads || packed.copiesRows() && rowsPossible >= threads) {
            int least = done == null ? 1 : Math.ceilDiv(blocks, threads);
            cut(threads == 1 ? blocks : Shares.evenParts(p.rows(), path.rowUnit(), threads, least, least + ROW_CUTS - 1), 1);
        } else {
            cut(Math.max(1, blocks), Math.ceilDiv(threads, Math.max(1, blocks)));
        }
    }

    private void cut(int rowsWanted, int columnsWanted) {
        int width = lastColumn - firstColumn;
        rowStep = Shares.roundUp(Math.ceilDiv(p.rows(), rowsWanted), path.rowUnit());
        columnStep = Shares.roundUp(Math.ceilDiv(width, columnsWanted), path.columnUnit());
        rowBlocks = Math.ceilDiv(p.rows(), rowStep);
        columnBlocks = Math.ceilDiv(width, columnStep);
    }

    private void pack(int task) {
        Objects.requireNonNull(form).pack(this, firstBatch, firstColumn, lastColumn, task);
    }

    private void blocks(int task) {
        int end = Math.min(blocks, (task + 1) * blocksPerTask);
        for (int block = task * blocksPerTask; block < end; block++) {
            block(block);
        }
    }

    private void packRows(int task) {
        Objects.requireNonNull(form).packRows(this, firstBatch, task);
    }

    private void block(int task) {
        int column = task % columnBlocks;
        int row = task / columnBlocks % rowBlocks;
        int batch = firstBatch + task / columnBlocks / rowBlocks;
        int rowFrom = row * rowStep;
        int rowTo = Math.min(p.rows(), rowFrom + rowStep);
        int columnFrom = firstColumn + column * columnStep;
        int columnTo = Math.min(lastColumn, columnFrom + columnStep);
        path.block(this, batch, rowFrom, rowTo, columnFrom, columnTo);
        if (done != null && lastInner == p.depth() && isFinal(columnTo)) {
            gemm.report(done, batch, rowFrom, rowTo, columnFrom, columnTo);
        }
    }

    private boolean isFinal(int columnTo) {
        return gemm.isTransposed() || columnBlocks == 1 && columnTo == p.columns();
    }

    /** Rows whose columns were computed by several tasks. */
    private void reportApart(int batches) {
        if (done != null && !isFinal(p.columns())) {
            rowStep = Shares.roundUp(Math.ceilDiv(p.rows(), 2 * pool.workers()), path.rowUnit());
            rowBlocks = Math.ceilDiv(p.rows(), rowStep);
            pool.run(batches * rowBlocks, reportTask);
        }
    }

    private void report(int task) {
        int from = task % rowBlocks * rowStep;
        if (done != null) {
            gemm.report(done, firstBatch + task / rowBlocks, from, Math.min(p.rows(), from + rowStep), 0, p.columns());
        }
    }

    /** Where the panels of a matrix begin in {@link #panels}. */
    int panelsAt(int batch) {
        return batch * panelStride;
    }

    /** The first column of the stretch that {@link #panels} holds. */
    int firstColumn() {
        return firstColumn;
    }

    /** The first element of the inner dimension that is multiplied now. */
    int firstInner() {
        return firstInner;
    }

    /** The end of the elements of the inner dimension that are multiplied now. */
    int lastInner() {
        return lastInner;
    }

    int aAt(int batch, int row, int inner) {
        return aOffset + batch * p.a().batchStride() + row * p.a().rowStride() + inner * p.a().columnStride();
    }

    int bAt(int batch, int inner, int column) {
        return bOffset + batch * p.b().batchStride() + inner * p.b().rowStride() + column * p.b().columnStride();
    }

    int cAt(int batch, int row, int column) {
        return cOffset + batch * p.c().batchStride() + row * p.c().rowStride() + column;
    }
}
