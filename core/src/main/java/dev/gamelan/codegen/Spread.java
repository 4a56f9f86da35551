package dev.gamelan.codegen;

import java.util.Arrays;

/**
 * The channels of an operand in the lanes of the results that they belong to, for convolutions of many small groups: each vector of
 * results sums, at each tap, over {@code sums} vectors with the channels of the groups that its lanes are in.
 *
 * @param lanes results of a block
 * @param sums channels that each result sums over at each tap
 * @param starts the first result of each block; the last block may repeat results of the one before
 * @param sources by block: the channel for each sum and lane; empty where channels stay as they are
 */
record Spread(int lanes, int sums, int[] starts, int[][] sources) {

    /** For results that have a channel each. */
    static Spread none(int channels) {
        return new Spread(channels, 1, new int[] {0}, new int[1][0]);
    }

    /**
     * @param vector lanes of a vector, of which there are results enough to fill one
     * @param groupResults results of each group
     * @param groupChannels channels of each group
     */
    static Spread of(int vector, int results, int groupResults, int groupChannels) {
        int[] starts = new int[Math.ceilDiv(results, vector)];
        Arrays.setAll(starts, block -> Math.min(block * vector, results - vector));
        int[][] sources = new int[starts.length][vector * groupChannels];
        for (int block = 0; block < starts.length; block++) {
            int start = starts[block];
            Arrays.setAll(sources[block], i -> (start + i % vector) / groupResults * groupChannels + i / vector);
        }
        return new Spread(vector, groupChannels, starts, sources);
    }

    int blocks() {
        return starts.length;
    }

    /** Elements of a pixel in a block. */
    int pixel() {
        return lanes * sums;
    }
}
