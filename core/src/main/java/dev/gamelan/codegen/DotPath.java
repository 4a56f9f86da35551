package dev.gamelan.codegen;

import dev.gamelan.codegen.Gemm.Problem;
import dev.gamelan.codegen.MicroKernels.Kind;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Products as dot products of rows of A and columns of B, both contiguous: for few rows or few columns. */
final class DotPath implements GemmPath {
    private static final int COLUMN_UNIT = 4;

    private final Problem p;
    private final PackKernels packing;
    private final int parts;
    private final int tileRows;
    /** Indexed by rows, then by columns, of a tile; those that no tile needs are missing. */
    private final @Nullable Kernel[][] kernels;

    /** A kernel, and what does its work until it is compiled. */
    private record Kernel(Warm<MicroKernel> compiled, PlainDot plain) {

        MicroKernel now() {
            return compiled.kernelOr(plain);
        }
    }

    DotPath(Lanes lanes, Problem problem) {
        p = problem;
        packing = PackKernels.of(p.type(), Tile.largest(lanes));
        parts = MicroKernels.dotLanes(p.type()) / lanes.count();
        tileRows = Math.max(1, Math.min(parts <= 2 ? 3 : 1, p.rows()));
        kernels = new Kernel[tileRows + 1][COLUMN_UNIT + 1];
        for (int rows : p.rows() % tileRows == 0 ? new int[] {tileRows} : new int[] {tileRows, p.rows() % tileRows}) {
            int width = columnsOf(rows);
            for (int columns : p.columns() % width == 0 ? new int[] {width} : new int[] {width, 1}) {
                kernels[rows][columns] = new Kernel(MicroKernels.warm(p.type(), new Tile(lanes, rows, columns), Kind.DOT),
                        new PlainDot(rows, columns));
            }
        }
    }

    /** Few enough for the partial sums to fit the registers, and the kernel to fit what HotSpot compiles. */
    private int columnsOf(int rows) {
        return switch (parts) {
            case 1, 2 -> rows == 1 ? 4 : 2;
            case 4 -> 2;
            default -> 1;
        };
    }

    @Override
    public int rowUnit() {
        return tileRows;
    }

    @Override
    public int columnUnit() {
        return COLUMN_UNIT;
    }

    @Override
    public void await() {
        PlainKernel.awaitFor((long) p.batch() * p.rows() * p.columns() * p.depth(),
                Objects.requireNonNull(kernels[tileRows][columnsOf(tileRows)]).compiled);
    }

    @Override
    public void block(GemmCall call, int batch, int rowFrom, int rowTo, int columnFrom, int columnTo) {
        Object left = call.a;
        int firstRowAt = call.aAt(batch, rowFrom, 0);
        int leftRow = p.a().rowStride();
        boolean copies = p.a().columnStride() != 1 && p.depth() > 1;
        if (copies) {
            left = Scratch.borrow(p.type(), (rowTo - rowFrom) * p.depth());
            packing.copy(call.a, firstRowAt, leftRow, p.a().columnStride(), left, 0, p.depth(), rowTo - rowFrom, p.depth());
            firstRowAt = 0;
            leftRow = p.depth();
        }
        for (int row = rowFrom; row < rowTo; row += tileRows) {
            int rows = Math.min(tileRows, rowTo - row);
            int width = columnsOf(rows);
            int leftAt = firstRowAt + (row - rowFrom) * leftRow;
            for (int column = columnFrom; column < columnTo;) {
                int columns = columnTo - column >= width ? width : 1;
                Objects.requireNonNull(kernels[rows][columns]).now().run(left, leftAt, leftRow, call.b, call.bAt(batch, 0, column),
                        p.b().columnStride(), call.c, call.cAt(batch, row, column), p.c().rowStride(), p.depth(), 0);
                column += columns;
            }
        }
        if (copies) {
            Scratch.giveBack(p.type(), left);
        }
    }

    @Override
    public String toString() {
        return "dot";
    }
}
