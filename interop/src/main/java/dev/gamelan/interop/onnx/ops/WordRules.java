package dev.gamelan.interop.onnx.ops;

import java.util.Arrays;
import java.util.Optional;

/**
 * What changes the scores of the next word, in the order of ONNX Runtime.
 *
 * @param repetition by what the scores of words that were there are divided, or multiplied if they are negative
 * @param ngram      words of which no sequence comes twice; 0 for no such rule
 * @param mask       which words may come at all
 * @param first      which words may come first, for each row
 * @param least      length below which a sequence does not end
 */
record WordRules(float repetition, int ngram, Optional<int[]> mask, Optional<int[]> first, int least, int end) {

    private static final float NEVER = -Float.MAX_VALUE;

    /** @param penalty the input with the penalty of repetition, after which come both masks; the least length is input 2 */
    static WordRules of(Call c, int penalty) {
        boolean greedy = penalty == 2;
        int at = greedy ? 3 : penalty;
        return new WordRules(c.has(at) ? (float) c.number(at) : 1, c.attribute("no_repeat_ngram_size", 0), masked(c, at + 1),
                masked(c, at + 2),
                c.has(2) ? c.integer(2) : 0, c.attribute("eos_token_id", 0));
    }

    private static Optional<int[]> masked(Call c, int input) {
        return c.has(input) ? Optional.of(c.ints(input)) : Optional.empty();
    }

    void apply(float[] scores, int[] sequence, int row, boolean isFirst) {
        if (repetition != 1) {
            Arrays.stream(sequence).distinct().filter(word -> word >= 0 && word < scores.length)
                    .forEach(word -> scores[word] = scores[word] < 0 ? scores[word] * repetition : scores[word] / repetition);
        }
        if (ngram > 0) {
            forbidRepeated(scores, sequence);
        }
        mask.ifPresent(allowed -> forbid(scores, allowed, 0));
        if (isFirst) {
            first.ifPresent(allowed -> forbid(scores, allowed, row * scores.length));
        }
        if (sequence.length < least && end >= 0 && end < scores.length) {
            scores[end] = NEVER;
        }
    }

    private void forbidRepeated(float[] scores, int[] sequence) {
        int before = ngram - 1;
        for (int i = 0; i + before < sequence.length; i++) {
            if (Arrays.equals(sequence, i, i + before, sequence, sequence.length - before, sequence.length)) {
                scores[sequence[i + before]] = NEVER;
            }
        }
    }

    private static void forbid(float[] scores, int[] allowed, int offset) {
        for (int i = 0; i < scores.length; i++) {
            if (allowed[offset + i] == 0) {
                scores[i] = NEVER;
            }
        }
    }
}
