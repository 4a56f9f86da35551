package dev.gamelan.codegen;

import dev.gamelan.codegen.Gemm.Problem;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A transposed left operand, whose columns a micro-kernel multiplies as they are: the elements of a tile's rows lie side by side, so that nothing has
 * to be transposed. Where the columns lie so far apart that caches do not hold them, those of each tile are copied together first; so they are where
 * registers are few, since the kernel can then do without checking each place ({@link Tile#isTight}).
 */
final class LeftColumns {
    private final Problem p;
    private final Tile tile;
    private final Warm<MicroKernel> kernel;
    /** Adds to what is there; asked for where that is needed. */
    private volatile @Nullable Warm<MicroKernel> adding;
    /** Copies the columns of one tile; null where they are read in place. */
    private final @Nullable Warm<PackKernels.Copy> copying;

    private LeftColumns(Problem problem, Tile tile, Warm<MicroKernel> kernel, @Nullable Warm<PackKernels.Copy> copying) {
        p = problem;
        this.tile = tile;
        this.kernel = kernel;
        this.copying = copying;
    }

    /**
     * For whole tiles and panels; null where the left operand is not transposed.
     *
     * @param stretch elements of the inner dimension that are multiplied at a time
     */
    static @Nullable LeftColumns of(Problem p, Tile tile, int stretch) {
        boolean fits = p.a().rowStride() == 1 && p.a().columnStride() >= tile.rows() && tile.equals(Tile.largest(tile.lanes()))
                && tile.lanes().isVector()
                && p.columns() % tile.columns() == 0;
        if (!fits) {
            return null;
        }
        boolean held = !tile.isTight() && CacheSets.holds(p.type(), p.a().columnStride(), stretch);
        return new LeftColumns(p, tile, MicroKernels.warm(p.type(), tile, MicroKernels.Kind.PANEL_OF_COLUMNS),
                held ? null : PackKernels.columns(p.type(), tile));
    }

    /** Once ready, it stays so. */
    boolean isReady() {
        return kernel.isReady() && (copying == null || copying.isReady());
    }

    boolean areCopied() {
        return copying != null;
    }

    /**
     * Copies the columns of some tiles.
     *
     * @param at where those of the first tile go
     * @param toStride distance of two rows there, of which each tile has as many as it has in the product
     */
    void copy(GemmCall call, int batch, int row, int rows, int inner, int innerTo, Object to, int at, int toStride) {
        int stride = p.a().columnStride();
        // A vector may go beyond the last of all columns.
        int vectors = innerTo - inner - 1;
        for (int i = 0; copying != null && i < rows; i += tile.rows()) {
            int from = call.aAt(batch, row + i, inner);
            int tileAt = at + i * toStride;
            copying.kernel().run(call.a, from, stride, 1, to, tileAt, tile.rows(), vectors, tile.rows());
            System.arraycopy(call.a, from + vectors * stride, to, tileAt + vectors * tile.rows(), tile.rows());
        }
    }

    /** Whether there is a kernel that adds to what is there. Once there is one, it stays. */
    boolean add() {
        Warm<MicroKernel> warm = adding;
        if (warm == null) {
            warm = MicroKernels.warm(p.type(), tile, MicroKernels.Kind.COLUMNS_ADDING);
            adding = warm;
        }
        return warm.isReady();
    }

    /**
     * One tile, one stretch.
     *
     * @param row in the product
     * @param at where the stretch of the tile's columns begins, if they have been copied
     * @param adds whether products are added to {@code c}, for which {@link #add} has to be true
     */
    void run(GemmCall call, int batch, int row, int inner, int depth, Object copied, int at, Object panel, int panelAt, Object c, int cAt,
            int cRow, boolean adds) {
        Object a = copying == null ? call.a : copied;
        int aAt = copying == null ? call.aAt(batch, row, inner) : at;
        int stride = copying == null ? p.a().columnStride() : tile.rows();
        Warm<MicroKernel> one = adds ? Objects.requireNonNull(adding) : kernel;
        one.kernel().run(a, aAt, stride, panel, panelAt, 0, c, cAt, cRow, depth, tile.columns());
    }
}
