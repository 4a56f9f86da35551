package dev.gamelan.codegen;

import dev.gamelan.codegen.MicroKernels.Kind;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/** The products of tiles and a transformed kernel, one for each point, with as few rows that are not there as possible. */
final class WinogradProduct {
    /** A kernel of fewer rows has to save at least this fraction of the rows. */
    private static final int WORTH_A_KERNEL = 16;

    private final ElementType type;
    private final Tile tile;
    private final boolean adds;
    private final Kernels largest;
    /** Products of fewer rows, by their number, as far as they were asked for. */
    private final AtomicReferenceArray<@Nullable Kernels> fewer;
    /** Those that bring what is multiplied next, likewise; of one depth. */
    private final AtomicReferenceArray<@Nullable Warm<MicroKernel>> ahead;

    /**
     * @param adding adds to what is there; null where that is not needed
     * @param plain what does the work until the kernel is compiled
     */
    private record Kernels(int rows, Warm<MicroKernel> kernel, @Nullable Warm<MicroKernel> adding, MicroKernel plain,
            MicroKernel plainAdding) {
        boolean areReady() {
            return kernel.isReady() && (adding == null || adding.isReady());
        }
    }

    /** @param adds whether products are added to others as well */
    WinogradProduct(Lanes lanes, ElementType type, int filters, boolean adds) {
        this.type = type;
        this.tile = Tile.fitting(lanes, filters);
        this.adds = adds;
        this.largest = kernels(tile);
        this.fewer = new AtomicReferenceArray<>(tile.rows() + 1);
        this.ahead = new AtomicReferenceArray<>(tile.rows() + 1);
    }

    private Kernels kernels(Tile of) {
        return new Kernels(of.rows(), MicroKernels.warmPanel(type, of), adds ? MicroKernels.warm(type, of, Kind.PANEL_ADDING) : null,
                new PlainKernel(of.rows(), of.columns(), of.columns()), new PlainKernel(of.rows(), of.columns(), of.columns(), true));
    }

    /** The largest tile of a product; its columns are those of a panel. */
    Tile tile() {
        return tile;
    }

    /** Waits for the kernels, or for the tile that stands in for them, if there is so much to do. */
    void awaitFor(long operations) {
        PlainKernel.awaitFor(operations, type, largest.kernel);
        if (largest.adding != null) {
            PlainKernel.awaitFor(operations, type, largest.adding);
        }
    }

    /** The rows of the kernel for {@code count} tiles. */
    int rows(int count) {
        return of(count).rows;
    }

    /** The kernel of so many rows; all give the same bits. */
    MicroKernel ofRows(int rows) {
        Kernels kernels = kernels(rows);
        return kernels.kernel.kernelOr(kernels.plain);
    }

    /**
     * As {@link #ofRows}, but brings what is multiplied next into the cache meanwhile, where rows of inputs are {@link MicroKernels#aheadRow} apart;
     * null until it is compiled.
     */
    @Nullable MicroKernel bringing(int rows, int channels) {
        Warm<MicroKernel> bringing = ahead.get(rows);
        if (bringing == null) {
            bringing = MicroKernels.warmAhead(type, new Tile(tile.lanes(), rows, tile.vectors()), channels, false);
            ahead.set(rows, bringing);
        }
        return bringing.isReady() ? bringing.kernel() : null;
    }

    /** As {@link #ofRows}, for products that are added to what is there. */
    MicroKernel addingRows(int rows) {
        Kernels kernels = kernels(rows);
        return Objects.requireNonNull(kernels.adding).kernelOr(kernels.plainAdding);
    }

    private Kernels kernels(int rows) {
        Kernels kernels = rows == tile.rows() ? largest : fewer.get(rows);
        return kernels == null ? largest : kernels;
    }

    private Kernels of(int count) {
        int rows = WinogradCut.fittingRows(count, tile.rows());
        int tiled = Math.ceilDiv(count, tile.rows()) * tile.rows();
        int saved = tiled - Math.ceilDiv(count, rows) * rows;
        if (saved * WORTH_A_KERNEL <= tiled) {
            return largest;
        }
        Kernels fitting = fewer.get(rows);
        if (fitting == null) {
            fitting = kernels(new Tile(tile.lanes(), rows, tile.vectors()));
            fewer.set(rows, fitting);
        }
        return fitting.areReady() ? fitting : largest;
    }
}
