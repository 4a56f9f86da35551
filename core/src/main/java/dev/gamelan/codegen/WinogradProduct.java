package dev.gamelan.codegen;

import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/** The products of tiles and a transformed kernel, one for each point, with as few rows that are not there as possible. */
final class WinogradProduct {
    /** A kernel of fewer rows has to save at least this fraction of the rows. */
    private static final int WORTH_A_KERNEL = 16;

    private final ElementType type;
    private final Tile tile;
    private final Warm<MicroKernel> largest;
    /** Products of fewer rows, by their number, as far as they were asked for. */
    private final AtomicReferenceArray<@Nullable Warm<MicroKernel>> fewer;

    WinogradProduct(Lanes lanes, ElementType type, int filters) {
        this.type = type;
        this.tile = Tile.fitting(lanes, filters);
        this.largest = MicroKernels.warmPanel(type, tile);
        this.fewer = new AtomicReferenceArray<>(tile.rows() + 1);
    }

    /** The largest tile of a product; its columns are those of a panel. */
    Tile tile() {
        return tile;
    }

    void await() {
        largest.await();
    }

    /** The rows of the kernel for {@code count} tiles. */
    int rows(int count) {
        return of(count) == largest ? tile.rows() : WinogradCut.fittingRows(count, tile.rows());
    }

    /** The kernel of so many rows; all give the same bits. */
    MicroKernel ofRows(int rows) {
        Warm<MicroKernel> kernel = rows == tile.rows() ? largest : fewer.get(rows);
        return (kernel == null ? largest : kernel).kernel();
    }

    private Warm<MicroKernel> of(int count) {
        int rows = WinogradCut.fittingRows(count, tile.rows());
        int tiled = Math.ceilDiv(count, tile.rows()) * tile.rows();
        int saved = tiled - Math.ceilDiv(count, rows) * rows;
        if (saved * WORTH_A_KERNEL <= tiled) {
            return largest;
        }
        Warm<MicroKernel> fitting = fewer.get(rows);
        if (fitting == null) {
            fitting = MicroKernels.warmPanel(type, new Tile(tile.lanes(), rows, tile.vectors()));
            fewer.set(rows, fitting);
        }
        return fitting.isReady() ? fitting : largest;
    }
}
