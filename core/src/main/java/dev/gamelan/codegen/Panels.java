package dev.gamelan.codegen;

import dev.gamelan.codegen.Gemm.Problem;
import dev.gamelan.plan.CacheLine;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Packed panels of B: all of a stretch of the inner dimension times as many columns as {@link Tile#largest} has, zeros beyond the last
 * column, one panel after another. They do not depend on the rows of A, so products of many rows and of one share them.
 */
final class Panels {
    private static final int PACK_TASK_ELEMENTS = 32 * 1024;

    private final Problem p;
    private final @Nullable RightColumns right;
    private final Tile tile;
    private final int width;
    private final PackKernels packing;
    private final int start;

    /** Panels of the whole of a B that lies at an offset. */
    record Key(Tile tile, int matrices, int columns, int depth, Gemm.Layout b, boolean isMatrix, int offset) {
    }

    /** @param right brings columns of B into panels; null where they are those of a matrix */
    Panels(Lanes lanes, Problem problem, @Nullable RightColumns right) {
        p = problem;
        this.right = right;
        tile = Tile.largest(lanes);
        width = tile.columns();
        packing = PackKernels.of(p.type(), tile);
        start = CacheLine.first(p.type().bits() / Byte.SIZE);
    }

    /** Columns of a panel. */
    int width() {
        return width;
    }

    /** Where the first panel begins. */
    int start() {
        return start;
    }

    PackKernels packing() {
        return packing;
    }

    int elements(int columns, int depth) {
        return start + Math.ceilDiv(columns, width) * width * depth;
    }

    /** Whether the panels of all matrices fit an array. */
    boolean fit() {
        return ofMatrix() * matrices() + start <= Integer.MAX_VALUE / 2;
    }

    Key key(int offset) {
        return new Key(new Tile(tile.lanes(), 1, tile.vectors()), matrices(), p.columns(), p.depth(), p.b(), right == null, offset);
    }

    /** Matrices of B that differ. */
    int matrices() {
        return p.b().batchStride() == 0 ? 1 : p.batch();
    }

    /** Elements of the panels of one whole matrix. */
    private long ofMatrix() {
        return (long) Math.ceilDiv(p.columns(), width) * width * p.depth();
    }

    /** Elements from the panels of one matrix to those of the next. */
    int matrixStride() {
        return matrices() == 1 ? 0 : Math.toIntExact(ofMatrix());
    }

    /** Elements of the panels of all matrices. */
    int allElements() {
        return Math.toIntExact(start + matrices() * ofMatrix());
    }

    private int perTask(int depth) {
        return Math.max(1, PACK_TASK_ELEMENTS / (width * Math.max(1, depth)));
    }

    /** Tasks that pack a stretch of columns. */
    int tasks(int columns, int depth) {
        return Math.ceilDiv(Math.ceilDiv(columns, width), perTask(depth));
    }

    /** Whether columns are those of a matrix. */
    boolean isMatrix() {
        return right == null;
    }

    /** Whether B is one matrix of rows that follow each other. */
    boolean isOfRows() {
        return isMatrix() && matrices() == 1 && p.b().columnStride() == 1 && p.b().rowStride() >= p.columns();
    }

    /** Packs some rows of the panels of one task, which are all of the inner dimension long. */
    void packRows(GemmCall call, int batch, int task) {
        int from = task * perTask(p.depth()) * width;
        int to = Math.min(p.columns(), from + perTask(p.depth()) * width);
        int at = start + call.panelsAt(batch) + call.firstInner() * width;
        for (int j = from; j < to; j += width) {
            pack(call, batch, j, Math.min(width, to - j), call.firstInner(), call.lastInner() - call.firstInner(),
                    Objects.requireNonNull(call.panels), at + j * p.depth());
        }
    }

    /** Packs the panels of one task for the stretch of columns that begins at {@code firstColumn}. */
    void pack(GemmCall call, int batch, int firstColumn, int lastColumn, int task) {
        int depth = call.lastInner() - call.firstInner();
        int from = firstColumn + task * perTask(depth) * width;
        int to = Math.min(lastColumn, from + perTask(depth) * width);
        pack(call, batch, from, to, Objects.requireNonNull(call.panels), start + call.panelsAt(batch) + (from - firstColumn) * depth);
    }

    /** Packs columns {@code from} to {@code to} for the stretch of the inner dimension that is multiplied now. */
    private void pack(GemmCall call, int batch, int from, int to, Object panels, int offset) {
        int depth = call.lastInner() - call.firstInner();
        int at = offset;
        for (int j = from; j < to; j += width) {
            pack(call, batch, j, Math.min(width, to - j), call.firstInner(), depth, panels, at);
            at += width * depth;
        }
    }

    /** Packs a part of one panel: {@code columns} columns from {@code column}, and {@code depth} of the inner dimension. */
    void pack(GemmCall call, int batch, int column, int columns, int inner, int depth, Object panels, int at) {
        if (columns < width) {
            Scratch.zero(panels, at, at + width * depth);
        }
        if (right != null) {
            right.copy(call.b, call.bAt(batch, 0, 0), inner, depth, column, columns, panels, at, width);
        } else {
            packing.copy(call.b, call.bAt(batch, inner, column), p.b().rowStride(), p.b().columnStride(), panels, at, width, depth,
                    columns);
        }
    }
}
