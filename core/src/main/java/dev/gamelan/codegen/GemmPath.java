package dev.gamelan.codegen;

import dev.gamelan.codegen.Gemm.Problem;
import dev.gamelan.ir.Derived;
import org.jspecify.annotations.Nullable;

/** A way to compute blocks of a product; which one is taken depends on extents and strides alone. */
sealed interface GemmPath permits PackedPath, DirectPath, DotPath, SmallPath {
    /**
     * Panels that are there already are the fastest way. Else few rows are multiplied without rearranging B, which would take longer than the product: dot products where the
     * inner dimension of B is contiguous, else straight from its rows. All else goes through packed panels.
     *
     * @param kept whether panels of B are kept for many products
     */
    static GemmPath choose(Lanes lanes, Problem p, boolean kept) {
        boolean rowsOfA = p.a().columnStride() == 1;
        if (!kept && p.b().rowStride() == 1 && p.b().columnStride() != 1
                && (p.rows() <= DirectPath.MOST_ROWS || p.columns() <= 4 && rowsOfA)) {
            return new DotPath(lanes, p);
        }
        boolean edgeIsCheap = lanes.maskedMemory() || p.columns() % lanes.count() == 0 || p.rows() == 1;
        if (p.b().columnStride() == 1 && edgeIsCheap && p.rows() <= DirectPath.MOST_ROWS) {
            return new DirectPath(lanes, p);
        }
        return SmallPath.fits(lanes, p) ? new SmallPath(lanes, p) : new PackedPath(lanes, p, kept);
    }

    /** Waits for kernels that are being compiled, if there is so much to do that this saves time. */
    default void await() {
    }

    /** The form of B that it multiplies with, always or where panels are kept; null if that is B itself. */
    default @Nullable Panels panels() {
        return null;
    }

    /** Other forms of B as panels, if they are there or worth making, where B stays the same; else null. */
    default @Nullable Object kept(Derived derived, Panels.Key key, Derived.Maker maker) {
        return null;
    }

    /** Whether so many threads read rows of B as they lie in memory, if there are no panels: the longer their parts, the better. */
    default boolean readsRows(int threads) {
        return false;
    }

    /** Whether it reads B itself, beside these panels of it. */
    default boolean readsRight(@Nullable Object kept) {
        return true;
    }

    /** Computes one block of C, all of the inner dimension. */
    void block(GemmCall call, int batch, int rowFrom, int rowTo, int columnFrom, int columnTo);

    /** Block boundaries are multiples of this. */
    int rowUnit();

    /** Block boundaries are multiples of this. */
    int columnUnit();
}
