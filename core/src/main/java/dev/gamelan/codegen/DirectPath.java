package dev.gamelan.codegen;

import dev.gamelan.codegen.Gemm.Problem;
import dev.gamelan.codegen.MicroKernels.Kind;

/** Products straight from the rows of B, which are contiguous: for few rows of A, or small B. */
final class DirectPath implements GemmPath {
    /** Elements of B that stay in the first-level cache. */
    static final int SMALL_MATRIX = 6 * 1024;
    /** A multiple of the columns of all tiles. */
    private static final int COLUMN_UNIT = 128;

    private final Problem p;
    private final int tileRows;
    private final Rows whole;
    private final Rows rest;
    private final PackKernels packing;

    /** The kernels for some rows: for as many columns as fit the registers, and for what is left at the right edge. */
    private record Rows(int rows, Tile tile, MicroKernel kernel, MicroKernel edge) {
        static Rows of(Lanes lanes, ElementType type, int rows, int columns) {
            Tile tile = new Tile(lanes, rows, Tile.widest(lanes, rows));
            Tile rest = new Tile(lanes, rows, Math.max(1, Math.ceilDiv(columns % tile.columns(), lanes.count())));
            Kind edge = columns % lanes.count() == 0 ? Kind.DIRECT : Kind.EDGE;
            return new Rows(rows, tile, MicroKernels.of(type, columns < tile.columns() ? rest : tile, Kind.DIRECT),
                    MicroKernels.of(type, rest, edge));
        }
    }

    DirectPath(Lanes lanes, Problem problem) {
        p = problem;
        Tile largest = Tile.largest(lanes);
        tileRows = Math.min(largest.rows(), p.rows());
        whole = Rows.of(lanes, p.type(), Math.max(1, tileRows), p.columns());
        int remainder = tileRows == 0 ? 0 : p.rows() % tileRows;
        rest = remainder == 0 ? whole : Rows.of(lanes, p.type(), remainder, p.columns());
        packing = PackKernels.of(p.type(), largest);
    }

    @Override
    public int rowUnit() {
        return Math.max(1, tileRows);
    }

    @Override
    public int columnUnit() {
        return COLUMN_UNIT;
    }

    @Override
    public void block(GemmCall call, int batch, int rowFrom, int rowTo, int columnFrom, int columnTo) {
        Object left = call.a;
        int leftAt = call.aAt(batch, rowFrom, 0);
        int leftRow = p.a().rowStride();
        boolean copies = p.a().columnStride() != 1 && p.depth() > 1;
        if (copies) {
            left = Scratch.borrow(p.type(), (rowTo - rowFrom) * (p.depth() + LeftRows.SLACK));
            packing.copy(call.a, leftAt, leftRow, p.a().columnStride(), left, 0, p.depth() + LeftRows.SLACK, rowTo - rowFrom, p.depth());
            leftAt = 0;
            leftRow = p.depth() + LeftRows.SLACK;
        }
        for (int row = rowFrom; row < rowTo; row += tileRows) {
            Rows rows = row + tileRows <= rowTo ? whole : rest;
            columns(call, rows, left, leftAt + (row - rowFrom) * leftRow, leftRow, call.bAt(batch, 0, columnFrom),
                    call.cAt(batch, row, columnFrom), columnTo - columnFrom);
        }
        if (copies) {
            Scratch.giveBack(p.type(), left);
        }
    }

    private void columns(GemmCall call, Rows rows, Object left, int leftAt, int leftRow, int bAt, int cAt, int columns) {
        int width = rows.tile().columns();
        int column = 0;
        for (; column + width <= columns; column += width) {
            rows.kernel().run(left, leftAt, leftRow, call.b, bAt + column, p.b().rowStride(), call.c, cAt + column,
                    p.c().rowStride(), p.depth(), 0, call.accumulate);
        }
        if (column < columns) {
            rows.edge().run(left, leftAt, leftRow, call.b, bAt + column, p.b().rowStride(), call.c, cAt + column,
                    p.c().rowStride(), p.depth(), columns - column, call.accumulate);
        }
    }

    @Override
    public String toString() {
        return "direct";
    }
}
