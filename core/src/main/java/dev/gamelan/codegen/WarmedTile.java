package dev.gamelan.codegen;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * A kernel that is not emitted: a small tile of a product of floats whose extents are all arguments, so that HotSpot compiles it once
 * for everything, and the launcher's AOT cache has its class. {@link EarlyTile} says when.
 *
 * <p>Eight sums are enough to keep the processor's multipliers busy, and few enough to be compiled in some 30 ms; larger tiles are up to a
 * quarter faster and take several times as long. Its vectors are as wide as those of all kernels, as they share the profile of the Vector
 * API's methods.
 */
final class WarmedTile {
    static final int ROWS = 4;
    static final int VECTORS = 2;

    private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;

    private WarmedTile() {
    }

    /** Elements of a vector. */
    static int lanes() {
        return SPECIES.length();
    }

    /**
     * C = A B, or C += A B, for 4 rows of A and two vectors of columns of B. Each sum is one chain of fused multiply-adds in the order of the
     * inner dimension.
     *
     * @param aRow   distance of the rows of A
     * @param aStep  the i-th element of a row of A lies at {@code i * aStep + aWeight * places[i]} behind the first; so do rows of B
     * @param places at least {@code depth} numbers
     * @param second distance of the second vector of a row of B, and of C, from the first
     */
    static void run(float[] a, int aAt, int aRow, int aStep, int aWeight, int[] places, float[] b, int bAt, int second, int bStep,
            int bWeight,
            float[] c, int cAt, int cRow, int depth, boolean accumulate) {
        FloatVector s00 = FloatVector.zero(SPECIES);
        FloatVector s01 = FloatVector.zero(SPECIES);
        FloatVector s10 = FloatVector.zero(SPECIES);
        FloatVector s11 = FloatVector.zero(SPECIES);
        FloatVector s20 = FloatVector.zero(SPECIES);
        FloatVector s21 = FloatVector.zero(SPECIES);
        FloatVector s30 = FloatVector.zero(SPECIES);
        FloatVector s31 = FloatVector.zero(SPECIES);
        for (int i = 0; i < depth; i++) {
            int place = places[i];
            int left = aAt + i * aStep + aWeight * place;
            int right = bAt + i * bStep + bWeight * place;
            FloatVector b0 = FloatVector.fromArray(SPECIES, b, right);
            FloatVector b1 = FloatVector.fromArray(SPECIES, b, right + second);
            FloatVector a0 = FloatVector.broadcast(SPECIES, a[left]);
            s00 = a0.fma(b0, s00);
            s01 = a0.fma(b1, s01);
            FloatVector a1 = FloatVector.broadcast(SPECIES, a[left + aRow]);
            s10 = a1.fma(b0, s10);
            s11 = a1.fma(b1, s11);
            FloatVector a2 = FloatVector.broadcast(SPECIES, a[left + 2 * aRow]);
            s20 = a2.fma(b0, s20);
            s21 = a2.fma(b1, s21);
            FloatVector a3 = FloatVector.broadcast(SPECIES, a[left + 3 * aRow]);
            s30 = a3.fma(b0, s30);
            s31 = a3.fma(b1, s31);
        }
        int c1 = cAt + cRow;
        int c2 = c1 + cRow;
        int c3 = c2 + cRow;
        if (accumulate) {
            s00 = FloatVector.fromArray(SPECIES, c, cAt).add(s00);
            s01 = FloatVector.fromArray(SPECIES, c, cAt + second).add(s01);
            s10 = FloatVector.fromArray(SPECIES, c, c1).add(s10);
            s11 = FloatVector.fromArray(SPECIES, c, c1 + second).add(s11);
            s20 = FloatVector.fromArray(SPECIES, c, c2).add(s20);
            s21 = FloatVector.fromArray(SPECIES, c, c2 + second).add(s21);
            s30 = FloatVector.fromArray(SPECIES, c, c3).add(s30);
            s31 = FloatVector.fromArray(SPECIES, c, c3 + second).add(s31);
        }
        s00.intoArray(c, cAt);
        s01.intoArray(c, cAt + second);
        s10.intoArray(c, c1);
        s11.intoArray(c, c1 + second);
        s20.intoArray(c, c2);
        s21.intoArray(c, c2 + second);
        s30.intoArray(c, c3);
        s31.intoArray(c, c3 + second);
    }
}
