package dev.gamelan.codegen;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/** All sums of {@link DepthwiseSum} in one method, one vector at a time; {@link EarlyDepthwise} says when HotSpot has compiled it. */
final class WarmedDepthwise {
    private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;

    private WarmedDepthwise() {
    }

    /** Elements of a vector. */
    static int lanes() {
        return SPECIES.length();
    }

    /**
     * What {@link DepthwiseSum#run} computes for one line; the last vector of channels is moved back over those before it.
     *
     * @param channels at least as many as a vector has
     */
    static void run(float[] x, int xOffset, int xMove, int[] xRows, int reach, float[] w, int wOffset, int[] wRows, int weight, float[] y,
            int yOffset, int yMove, int rowFrom, int rowTo, int columns, int pixels, int channels) {
        int lanes = SPECIES.length();
        for (int own = 0; own < channels; own += lanes) {
            int channel = Math.min(own, channels - lanes);
            for (int p = 0; p < pixels; p++) {
                FloatVector sum = FloatVector.zero(SPECIES);
                for (int j = rowFrom; j < rowTo; j++) {
                    int from = xOffset + xRows[j] + p * xMove + channel;
                    int factor = wOffset + wRows[j] + channel;
                    for (int k = 0; k < columns; k++) {
                        sum = FloatVector.fromArray(SPECIES, x, from + k * reach)
                                .fma(FloatVector.fromArray(SPECIES, w, factor + k * weight), sum);
                    }
                }
                sum.intoArray(y, yOffset + p * yMove + channel);
            }
        }
    }
}
