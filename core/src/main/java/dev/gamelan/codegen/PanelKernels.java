package dev.gamelan.codegen;

import dev.gamelan.codegen.Gemm.Problem;
import dev.gamelan.codegen.MicroKernels.Kind;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The micro-kernels of a product through panels. One can do it all, and does until the others are compiled; all give the same bits.
 */
final class PanelKernels {
    /** A kernel for the last rows has to save at least this fraction of the rows. */
    private static final int WORTH_A_KERNEL = 50;
    /** Panels among which one that is not whole is worth a kernel of its own. */
    private static final int FEW_PANELS = 16;

    private final Problem p;
    private final Tile tile;
    private final boolean hasShorter;
    private final PlainKernel plain;
    private final Set floats;
    /** For panels of {@link SmallNumbers}; null as long as there have been none for a second time. */
    private volatile @Nullable Set bytes;
    private volatile boolean hadBytes;
    /** For whole tiles and panels, from the second stretch on: it adds. Asked for by who comes there first. */
    private volatile @Nullable Warm<MicroKernel> adding;
    /** For the columns beyond the last whole panel, where they are a good part of all. */
    private final @Nullable Warm<MicroKernel> edge;
    /** For whole tiles, where B is not packed yet. */
    private final @Nullable Warm<PackingKernel> packing;

    /**
     * Kernels for whole panels.
     *
     * @param rest for the rows beyond the last whole tile, where it saves enough
     * @param shorter for tiles of one row less, where these are better than a rest
     */
    private record Set(Warm<MicroKernel> whole, @Nullable Warm<MicroKernel> rest, @Nullable Warm<MicroKernel> shorter) {
    }

    /**
     * @param packs whether tiles may pack panels while they multiply
     * @param shortens whether tiles may have one row less than others
     */
    PanelKernels(Problem problem, PackedCut cut, boolean packs, boolean shortens) {
        this.p = problem;
        this.tile = cut.tile();
        this.hasShorter = shortens && cut.wholeRows(p.rows()) < p.rows();
        this.plain = new PlainKernel(tile.rows(), tile.columns(), tile.columns());
        this.floats = set(each -> MicroKernels.warmPanel(p.type(), each));
        Lanes lanes = tile.lanes();
        int edgeColumns = p.columns() % tile.columns();
        boolean stores = lanes.isVector() && (lanes.maskedMemory() || edgeColumns % lanes.count() == 0);
        this.edge = edgeColumns > 0 && stores && p.columns() <= FEW_PANELS * tile.columns() && p.rows() >= tile.rows()
                ? MicroKernels.warmEdge(p.type(), tile, edgeColumns) : null;
        this.packing = packs && lanes.isVector() ? MicroKernels.warmPacking(p.type(), tile) : null;
    }

    private Set set(Function<Tile, Warm<MicroKernel>> kernelFor) {
        int remainder = p.rows() % tile.rows();
        boolean saves = remainder > 0 && !hasShorter && (tile.rows() - remainder) * WORTH_A_KERNEL > p.rows();
        return new Set(kernelFor.apply(tile), saves ? kernelFor.apply(ofRows(remainder)) : null,
                hasShorter ? kernelFor.apply(ofRows(tile.rows() - 1)) : null);
    }

    private Tile ofRows(int rows) {
        return new Tile(tile.lanes(), rows, tile.vectors());
    }

    boolean isReady() {
        return floats.whole.isReady();
    }

    void await() {
        floats.whole.await();
    }

    /** Panels are {@link SmallNumbers}. One run alone, perhaps the only one, does not wait for kernels of their own. */
    void expectBytes() {
        if (bytes == null && hadBytes && tile.lanes().widensBytes()) {
            bytes = set(MicroKernels::warmBytes);
        }
        hadBytes = true;
    }

    /** Whether whole panels of {@link SmallNumbers} need not be widened first. */
    boolean readBytes() {
        Set set = bytes;
        return set != null && set.whole.isReady();
    }

    private Set of(boolean ofBytes) {
        Set set = bytes;
        return ofBytes && set != null ? set : floats;
    }

    /** For a whole tile and panel. */
    MicroKernel whole(boolean ofBytes) {
        return of(ofBytes).whole.kernelOr(plain);
    }

    /** For a whole tile and a panel of so many columns; null where there is none, or it is not ready. */
    @Nullable MicroKernel whole(boolean ofBytes, int columns) {
        if (columns == tile.columns()) {
            return whole(ofBytes);
        }
        return edge != null && edge.isReady() ? edge.kernel() : null;
    }

    /** For the rows beyond the last whole tile and a whole panel; null where there is none, or it is not ready. */
    @Nullable MicroKernel rest(boolean ofBytes) {
        Warm<MicroKernel> rest = of(ofBytes).rest;
        return rest != null && rest.isReady() ? rest.kernel() : null;
    }

    /** For tiles of one row less and a whole panel; null where there is none, or it is not ready. */
    @Nullable MicroKernel shorter(boolean ofBytes) {
        Warm<MicroKernel> shorter = of(ofBytes).shorter;
        return shorter != null && shorter.isReady() ? shorter.kernel() : null;
    }

    /** The kernel that adds; null as long as it is not ready, while products are added one tile after another. */
    @Nullable MicroKernel adding() {
        Warm<MicroKernel> warm = adding;
        if (warm == null && tile.lanes().isVector()) {
            warm = MicroKernels.warm(p.type(), tile, Kind.PANEL_ADDING);
            adding = warm;
        }
        return warm != null && warm.isReady() ? warm.kernel() : null;
    }

    /** The kernel that packs a panel while it multiplies; null where there is none, or it is not ready. */
    @Nullable PackingKernel packing() {
        return packing != null && packing.isReady() ? packing.kernel() : null;
    }
}
