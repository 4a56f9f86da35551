package dev.gamelan.codegen;

import dev.gamelan.codegen.Gemm.Problem;
import dev.gamelan.codegen.MicroKernels.Kind;

/** Products straight from the rows of B, which are contiguous: for few rows of A, or small B. */
final class DirectPath implements GemmPath {
    /** Elements of B that stay in the first-level cache. */
    static final int SMALL_MATRIX = 6 * 1024;
    private static final int COLUMN_UNIT = 64;

    private final Problem p;
    private final int tileRows;
    private final Rows whole;
    private final Rows rest;
    private final PackKernels packing;

    /** The kernels for some rows: of ever fewer vectors of columns, and for what is left at the right edge. */
    private record Rows(int rows, Tile[] tiles, MicroKernel[] kernels, MicroKernel edge) {
        static Rows of(Lanes lanes, ElementType type, int rows) {
            int widest = Tile.widest(lanes, rows);
            int count = 32 - Integer.numberOfLeadingZeros(widest);
            Tile[] tiles = new Tile[count];
            MicroKernel[] kernels = new MicroKernel[count];
            for (int i = 0; i < count; i++) {
                tiles[i] = new Tile(lanes, rows, widest >> i);
                kernels[i] = MicroKernels.of(type, tiles[i], Kind.DIRECT);
            }
            return new Rows(rows, tiles, kernels, MicroKernels.of(type, tiles[count - 1], Kind.EDGE));
        }
    }

    DirectPath(Lanes lanes, Problem problem) {
        p = problem;
        Tile largest = Tile.largest(lanes);
        tileRows = Math.min(largest.rows(), p.rows());
        whole = Rows.of(lanes, p.type(), Math.max(1, tileRows));
        int remainder = tileRows == 0 ? 0 : p.rows() % tileRows;
        rest = remainder == 0 ? whole : Rows.of(lanes, p.type(), remainder);
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
            left = Scratch.borrow(p.type(), (rowTo - rowFrom) * p.depth());
            packing.copy(call.a, leftAt, leftRow, p.a().columnStride(), left, 0, p.depth(), rowTo - rowFrom, p.depth());
            leftAt = 0;
            leftRow = p.depth();
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
        int column = 0;
        for (int i = 0; i < rows.tiles().length; i++) {
            int width = rows.tiles()[i].columns();
            for (; column + width <= columns; column += width) {
                rows.kernels()[i].run(left, leftAt, leftRow, call.b, bAt + column, p.b().rowStride(), call.c,
                        cAt + column, p.c().rowStride(), p.depth(), 0, call.accumulate);
            }
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
