package dev.gamelan.codegen;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/** All sums of {@link DepthwiseSum} in one method, a vector of some pixels at a time; {@link EarlyDepthwise} says when HotSpot has compiled it. */
final class WarmedDepthwise {
    private static final int PIXELS = 4;

    private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;

    private WarmedDepthwise() {
    }

    /** Elements of a vector. */
    static int lanes() {
        return SPECIES.length();
    }

    /**
     * What {@link DepthwiseSum#run} computes for one line; the last vector of channels is moved back over those before it, and the
     * last pixels over those before them. Of fewer pixels the last is computed several times.
     *
     * @param channels at least as many as a vector has
     */
    static void run(float[] x, int xOffset, int xMove, int[] xRows, int reach, float[] w, int wOffset, int[] wRows, int weight, float[] y,
            int yOffset, int yMove, int rowFrom, int rowTo, int columns, int pixels, int channels) {
        int lanes = SPECIES.length();
        int last = Math.max(0, pixels - PIXELS);
        int p1 = Math.min(1, pixels - 1);
        int p2 = Math.min(2, pixels - 1);
        int p3 = Math.min(3, pixels - 1);
        for (int own = 0; own < channels; own += lanes) {
            int channel = Math.min(own, channels - lanes);
            for (int first = 0; first < pixels; first += PIXELS) {
                int pixel = Math.min(first, last);
                FloatVector s0 = FloatVector.zero(SPECIES);
                FloatVector s1 = FloatVector.zero(SPECIES);
                FloatVector s2 = FloatVector.zero(SPECIES);
                FloatVector s3 = FloatVector.zero(SPECIES);
                for (int j = rowFrom; j < rowTo; j++) {
                    int from = xOffset + xRows[j] + pixel * xMove + channel;
                    int factor = wOffset + wRows[j] + channel;
                    for (int k = 0; k < columns; k++) {
                        FloatVector f = FloatVector.fromArray(SPECIES, w, factor + k * weight);
                        int x0 = from + k * reach;
                        s0 = FloatVector.fromArray(SPECIES, x, x0).fma(f, s0);
                        s1 = FloatVector.fromArray(SPECIES, x, x0 + p1 * xMove).fma(f, s1);
                        s2 = FloatVector.fromArray(SPECIES, x, x0 + p2 * xMove).fma(f, s2);
                        s3 = FloatVector.fromArray(SPECIES, x, x0 + p3 * xMove).fma(f, s3);
                    }
                }
                int to = yOffset + pixel * yMove + channel;
                s0.intoArray(y, to);
                s1.intoArray(y, to + p1 * yMove);
                s2.intoArray(y, to + p2 * yMove);
                s3.intoArray(y, to + p3 * yMove);
            }
        }
    }
}
