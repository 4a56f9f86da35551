package dev.gamelan.interop.onnx.ops;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.stream.IntStream;

/** The best few sequences of each row, and those that have ended, as Hugging Face's and ONNX Runtime's beam search keeps them. */
final class Beams {

    /** Of all beams but the first, which are the same before the first step. */
    private static final float BEHIND = -1e9f;

    private record Ended(int[] sequence, float score) {}

    private record Candidate(float score, int place) {}

    private final int width;
    private final float penalty;
    private final boolean early;
    private final int end;
    private final int pad;
    private final int[][] sequences;
    private final float[] totals;
    private final List<List<Ended>> ended = new ArrayList<>();
    private final boolean[] done;

    Beams(int[][] prompt, int width, float penalty, boolean early, int end, int pad) {
        this.width = width;
        this.penalty = penalty;
        this.early = early;
        this.end = end;
        this.pad = pad;
        this.sequences = new int[prompt.length * width][];
        this.totals = new float[sequences.length];
        this.done = new boolean[prompt.length];
        for (int i = 0; i < sequences.length; i++) {
            sequences[i] = prompt[i / width].clone();
            totals[i] = i % width == 0 ? 0 : BEHIND;
        }
        for (int i = 0; i < prompt.length; i++) {
            ended.add(new ArrayList<>());
        }
    }

    int[] sequence(int beam) {
        return sequences[beam];
    }

    void addTo(float[] scores, int beam) {
        for (int i = 0; i < scores.length; i++) {
            scores[i] += totals[beam];
        }
    }

    boolean isDone() {
        return IntStream.range(0, done.length).allMatch(i -> done[i]);
    }

    int[] lastWords() {
        return Arrays.stream(sequences).mapToInt(sequence -> sequence[sequence.length - 1]).toArray();
    }

    /** Goes one word on; returns the beam that each beam continues. */
    int[] choose(float[][] scores) {
        int[] from = new int[sequences.length];
        int[][] next = new int[sequences.length][];
        for (int row = 0; row < done.length; row++) {
            if (done[row]) {
                for (int k = 0; k < width; k++) {
                    int beam = row * width + k;
                    totals[beam] = 0;
                    next[beam] = appended(sequences[beam], pad);
                }
                continue;
            }
            choose(row, scores, from, next);
        }
        System.arraycopy(next, 0, sequences, 0, next.length);
        return from;
    }

    private void choose(int row, float[][] scores, int[] from, int[][] next) {
        int vocabulary = scores[0].length;
        List<Candidate> best = largest(row, scores);
        int taken = 0;
        for (int rank = 0; rank < best.size() && taken < width; rank++) {
            int beam = row * width + best.get(rank).place / vocabulary;
            int word = best.get(rank).place % vocabulary;
            if (word != end) {
                int to = row * width + taken++;
                from[to] = beam;
                next[to] = appended(sequences[beam], word);
                totals[to] = best.get(rank).score;
            } else if (rank < width) {
                add(row, sequences[beam], best.get(rank).score);
            }
        }
        for (; taken < width; taken++) {
            from[row * width + taken] = row * width;
            next[row * width + taken] = appended(sequences[row * width], pad);
            totals[row * width + taken] = BEHIND;
        }
        done[row] = isDone(row, best.getFirst().score, sequences[row * width].length);
    }

    /** The candidates of a row from the best one on, twice as many as beams; of equal ones the first. */
    private List<Candidate> largest(int row, float[][] scores) {
        Comparator<Candidate> worst = Comparator.comparingDouble(Candidate::score)
                .thenComparing(Comparator.comparingInt(Candidate::place).reversed());
        PriorityQueue<Candidate> kept = new PriorityQueue<>(worst);
        int vocabulary = scores[0].length;
        for (int place = 0; place < width * vocabulary; place++) {
            kept.add(new Candidate(scores[row * width + place / vocabulary][place % vocabulary], place));
            if (kept.size() > 2 * width) {
                kept.remove();
            }
        }
        List<Candidate> all = new ArrayList<>(kept);
        all.sort(worst.reversed());
        return all;
    }

    private void add(int row, int[] sequence, float total) {
        Ended one = new Ended(sequence, total / (float) Math.pow(sequence.length, penalty));
        List<Ended> all = ended.get(row);
        int at = all.size();
        while (at > 0 && all.get(at - 1).score < one.score) {
            at--;
        }
        all.add(at, one);
        if (all.size() > width) {
            all.removeLast();
        }
    }

    private boolean isDone(int row, float best, int length) {
        List<Ended> all = ended.get(row);
        return all.size() >= width && (early || all.getLast().score >= best / (float) Math.pow(length, penalty));
    }

    /** What has not ended counts too. */
    void finish() {
        for (int beam = 0; beam < sequences.length; beam++) {
            if (!done[beam / width]) {
                add(beam / width, sequences[beam], totals[beam]);
            }
        }
    }

    List<int[]> results(int count) {
        return ended.stream().flatMap(row -> row.stream().limit(count)).map(Ended::sequence).toList();
    }

    float[] scores(int count) {
        List<Ended> all = ended.stream().flatMap(row -> row.stream().limit(count)).toList();
        float[] scores = new float[all.size()];
        for (int i = 0; i < scores.length; i++) {
            scores[i] = all.get(i).score;
        }
        return scores;
    }

    // ---- words -------------------------------------------------------------------------------------------------------

    static int[] appended(int[] sequence, int word) {
        int[] result = Arrays.copyOf(sequence, sequence.length + 1);
        result[sequence.length] = word;
        return result;
    }

    static int best(float[] scores) {
        int best = 0;
        for (int i = 1; i < scores.length; i++) {
            best = scores[i] > scores[best] ? i : best;
        }
        return best;
    }

    static void logSoftmax(float[] scores) {
        double most = Double.NEGATIVE_INFINITY;
        for (float score : scores) {
            most = Math.max(most, score);
        }
        double sum = 0;
        for (float score : scores) {
            sum += Math.exp(score - most);
        }
        for (int i = 0; i < scores.length; i++) {
            scores[i] = (float) (scores[i] - most - Math.log(sum));
        }
    }
}
