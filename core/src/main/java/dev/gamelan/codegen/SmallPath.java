package dev.gamelan.codegen;

import dev.gamelan.codegen.Gemm.Problem;
import dev.gamelan.codegen.MicroKernels.Kind;
import java.util.ArrayList;
import java.util.List;

/**
 * Many small products: B is read as it is, since it stays in the nearest caches, and packing would take as long as multiplying. Rows come
 * in tiles of equal height and columns in vectors; the last of either lie over those before them, so nothing needs a mask or a kernel of
 * another height. What is computed twice has the same bits.
 */
final class SmallPath implements GemmPath {
    /** Elements of B that stay in the nearest caches beside the rest. */
    private static final int MOST_ELEMENTS = 8 * 1024;
    /** Rows beyond which packing takes little of the time. */
    private static final int MOST_ROWS = 64;

    private final Problem p;
    private final PackKernels packing;
    private final int tileRows;
    private final List<Columns> parts;

    /**
     * Some columns, and what computes them.
     *
     * @param count columns
     * @param plain what does the work until the kernel is compiled
     */
    private record Columns(int from, int count, Warm<MicroKernel> kernel, MicroKernel plain) {
    }

    SmallPath(Lanes lanes, Problem problem) {
        p = problem;
        Tile largest = Tile.largest(lanes);
        packing = PackKernels.of(p.type(), largest);
        int tiles = Math.ceilDiv(p.rows(), largest.rows());
        tileRows = Math.ceilDiv(p.rows(), tiles);
        parts = parts(lanes, largest.columns());
    }

    /** Whether a product is one for this path. */
    static boolean fits(Lanes lanes, Problem p) {
        return lanes.isVector() && p.batch() > 1 && p.b().columnStride() == 1 && p.columns() >= lanes.count()
                && p.rows() > DirectPath.MOST_ROWS && p.rows() <= MOST_ROWS && (long) p.depth() * p.columns() <= MOST_ELEMENTS;
    }

    /** Whole tiles as far as possible; then one or two vectors, or two that overlap. */
    private List<Columns> parts(Lanes lanes, int width) {
        List<Columns> result = new ArrayList<>();
        int rest = p.columns() % width;
        int whole = p.columns() - rest;
        if (rest > 0 && rest < lanes.count() && whole > 0) {
            whole -= width;
            rest += width;
        }
        for (int from = 0; from < whole; from += width) {
            result.add(part(lanes, from, width, 2, Kind.DIRECT));
        }
        if (rest == lanes.count() || rest > width) {
            result.add(part(lanes, whole, lanes.count(), 1, Kind.DIRECT));
            whole += lanes.count();
            rest -= lanes.count();
        }
        if (rest > 0) {
            result.add(part(lanes, whole, rest, 2, Kind.OVERLAP));
        }
        return result;
    }

    private Columns part(Lanes lanes, int from, int count, int vectors, Kind kind) {
        return new Columns(from, count, MicroKernels.warm(p.type(), new Tile(lanes, tileRows, vectors), kind),
                new PlainKernel(tileRows, count));
    }

    @Override
    public int rowUnit() {
        return p.rows();
    }

    @Override
    public int columnUnit() {
        return p.columns();
    }

    @Override
    public void block(GemmCall call, int batch, int rowFrom, int rowTo, int columnFrom, int columnTo) {
        Object left = call.a;
        int leftAt = call.aAt(batch, 0, 0);
        int leftRow = p.a().rowStride();
        boolean copies = p.a().columnStride() != 1 && p.depth() > 1;
        if (copies) {
            left = Scratch.borrow(p.type(), p.rows() * p.depth());
            packing.copy(call.a, leftAt, leftRow, p.a().columnStride(), left, 0, p.depth(), p.rows(), p.depth());
            leftAt = 0;
            leftRow = p.depth();
        }
        for (Columns columns : parts) {
            MicroKernel kernel = columns.kernel.kernelOr(columns.plain);
            for (int row = 0; row < p.rows(); row += tileRows) {
                int from = Math.min(row, p.rows() - tileRows);
                kernel.run(left, leftAt + from * leftRow, leftRow, call.b, call.bAt(batch, 0, columns.from), p.b().rowStride(), call.c,
                        call.cAt(batch, from, columns.from), p.c().rowStride(), p.depth(), columns.count);
            }
        }
        if (copies) {
            Scratch.giveBack(p.type(), left);
        }
    }

    @Override
    public String toString() {
        return "small";
    }
}
