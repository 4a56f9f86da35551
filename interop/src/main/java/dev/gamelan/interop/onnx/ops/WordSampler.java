package dev.gamelan.interop.onnx.ops;

import java.util.Comparator;
import java.util.stream.IntStream;

/** Draws words of the few likely ones that have a share of {@code top_p} together, with the generator of ONNX Runtime's builds for Linux. */
final class WordSampler implements Decoding.Choice {

    /** Of the generator of Lehmer, Park and Miller: C++'s minstd_rand0. */
    private static final long FACTOR = 16807;
    private static final long MODULUS = Integer.MAX_VALUE;

    private final float topP;
    private final int kept;
    private final boolean fromBest;
    private final float filter;
    private final float temperature;
    private long state;

    private WordSampler(Call c) {
        this.topP = (float) c.attribute("top_p", 0.0);
        this.kept = c.attribute("min_tokens_to_keep", 0);
        this.fromBest = c.flag("custom", false);
        this.filter = (float) c.attribute("filter_value", Double.NEGATIVE_INFINITY);
        this.temperature = (float) c.attribute("temperature", 1.0);
        if (c.attribute("presence_penalty", 0.0) != 0 && c.has(7)) {
            throw Call.unsupported("presence_penalty 0", "" + c.attribute("presence_penalty", 0.0));
        }
        long seed = c.has(8) ? Integer.toUnsignedLong(c.integer(8)) % MODULUS : 1;
        this.state = seed == 0 ? 1 : seed;
    }

    static WordSampler of(Call c) {
        return new WordSampler(c);
    }

    @Override
    public int of(float[] scores) {
        for (int i = 0; i < scores.length; i++) {
            scores[i] /= temperature;
        }
        keepLikely(scores);
        double most = Double.NEGATIVE_INFINITY;
        for (float score : scores) {
            most = Math.max(most, score);
        }
        double[] sums = new double[scores.length];
        double sum = 0;
        for (int i = 0; i < scores.length; i++) {
            sum += Math.exp(scores[i] - most);
            sums[i] = sum;
        }
        double wanted = uniform() * sum;
        int place = 0;
        while (place < sums.length - 1 && !(sums[place] > wanted)) {
            place++;
        }
        return place;
    }

    /** Words are sorted from the worst (or from the best) on; what lies beyond the share gets a score that is never drawn. */
    private void keepLikely(float[] scores) {
        Comparator<Integer> order = (a, b) -> Float.compare(scores[a], scores[b]);
        int[] sorted = IntStream.range(0, scores.length).boxed().sorted(fromBest ? order.reversed() : order).mapToInt(i -> i).toArray();
        float[] shares = shares(scores, sorted);
        float sum = 0;
        int last = scores.length - (fromBest ? 1 : Math.max(kept, 0));
        for (int i = 0; i < Math.max(1, last) && i < scores.length; i++) {
            sum += shares[i];
            int dropped = fromBest ? i + 1 : i;
            boolean drops = fromBest ? sum > topP : sum <= 1 - topP;
            if (drops && dropped < scores.length) {
                scores[sorted[dropped]] = filter;
            }
        }
    }

    private static float[] shares(float[] scores, int[] sorted) {
        float[] shares = new float[sorted.length];
        float most = Math.max(scores[sorted[0]], scores[sorted[sorted.length - 1]]);
        float sum = 0;
        for (int i = 0; i < sorted.length; i++) {
            shares[i] = (float) Math.exp(scores[sorted[i]] - most);
            sum += shares[i];
        }
        for (int i = 0; i < shares.length; i++) {
            shares[i] /= sum;
        }
        return shares;
    }

    /** Two numbers of the generator, as C++ makes a double of them. */
    private double uniform() {
        double range = MODULUS - 1.0;
        double low = next() - 1.0;
        double both = low + (next() - 1.0) * range;
        double result = both / (range * range);
        return result >= 1 ? Math.nextDown(1.0) : result;
    }

    private long next() {
        state = state * FACTOR % MODULUS;
        return state;
    }
}
