package dev.gamelan.interop.onnx.ops;

import dev.gamelan.interop.onnx.value.ElementType;
import dev.gamelan.interop.onnx.value.Value;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Functions;
import dev.gamelan.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Whole loops that write text (ONNX Runtime's {@code GreedySearch}, {@code Sampling}, {@code BeamSearch} and {@code WhisperBeamSearch}): the
 * graphs inside of the node give scores of the next word.
 */
final class Decoding {

    private static final int WHISPER = 2;

    private Decoding() {}

    static void register(Registry r) {
        r.op(Registry.MICROSOFT, "GreedySearch", 1, Decoding::greedy).op(Registry.MICROSOFT, "Sampling", 1, Decoding::sampled);
        r.op(Registry.MICROSOFT, "BeamSearch", 1, Decoding::beams).op(Registry.MICROSOFT, "WhisperBeamSearch", 1, Decoding::whisper);
    }

    /** How the node's graphs are asked: as a decoder, or with an encoder before it. */
    private static WordSteps steps(Call c, int[][] prompt, int maskInput, int copies) {
        int kind = c.attribute("model_type", 0);
        if (kind == 0 && !c.hasAttribute("encoder")) {
            return new DecoderSteps(c, prompt, maskInput, copies);
        }
        if (kind < 1 || kind > WHISPER || !c.hasAttribute("encoder")) {
            throw Call.unsupported("model_type 0 (a decoder like GPT-2), or 1 or 2 (T5, Whisper) with an encoder", "model_type " + kind);
        }
        return new EncodedSteps(c, prompt, kind == WHISPER ? -1 : maskInput, copies);
    }

    /** What the written text begins with. Values are needed step by step, so this is no part of a program. */
    private static int[][] prompt(Call c, int given) {
        if (Functions.tracing()) {
            throw new NeedsValue(c.tensor(0));
        }
        if (c.attribute("model_type", 0) == 0) {
            return WordSteps.rows(c.data(0));
        }
        int[] start = {c.attribute("decoder_start_token_id", 0)};
        return c.has(given) ? WordSteps.rows(c.data(given))
                : IntStream.range(0, c.tensor(0).dim(0)).mapToObj(_ -> start.clone()).toArray(int[][]::new);
    }

    // ---- the most likely word ----------------------------------------------------------------------------------------

    /** Inputs: words (rows, time), most, least, penalty, mask (words), mask of the first word (rows, words), mask (rows, time). */
    private static List<Value> greedy(Call c) {
        return Call.one(ElementType.INT32, written(c, Beams::best));
    }

    /** Inputs as of {@link #greedy} but for one between, then a seed at 8. */
    private static List<Value> sampled(Call c) {
        if (c.wants(1)) {
            throw Call.unsupported("sequences as the only output", "filtered scores too");
        }
        return Call.one(ElementType.INT32, written(c, WordSampler.of(c)));
    }

    /** How a word is chosen by the scores of all. */
    @FunctionalInterface
    interface Choice {
        int of(float[] scores);
    }

    private static Tensor written(Call c, Choice choice) {
        int[][] sequences = prompt(c, -1);
        int start = sequences[0].length;
        int most = c.integer(1);
        int end = c.attribute("eos_token_id", 0);
        int pad = c.attribute("pad_token_id", 0);
        WordRules rules = WordRules.of(c, 2);
        WordSteps steps = steps(c, sequences, 6, 1);
        boolean[] done = new boolean[sequences.length];
        int[] same = IntStream.range(0, sequences.length).toArray();
        int[][] written = sequences.clone();
        for (int length = start; length < most; length++) {
            float[][] scores = steps.scores(c.attribute("vocab_size", -1));
            int[] chosen = new int[written.length];
            boolean all = true;
            for (int i = 0; i < written.length; i++) {
                rules.apply(scores[i], written[i], i, length == start);
                int next = choice.of(scores[i]);
                done[i] |= next == end;
                chosen[i] = done[i] ? pad : next;
                all &= done[i];
                written[i] = Beams.appended(written[i], chosen[i]);
            }
            if (all || length + 1 == most) {
                break;
            }
            steps.append(chosen, same);
        }
        return filled(Arrays.asList(written), most, pad).reshape(written.length, most);
    }

    /** Rows of one length, filled up at the end. */
    private static Tensor filled(List<int[]> rows, int length, int pad) {
        int[] all = new int[rows.size() * length];
        Arrays.fill(all, pad);
        for (int i = 0; i < rows.size(); i++) {
            System.arraycopy(rows.get(i), 0, all, i * length, Math.min(length, rows.get(i).length));
        }
        return Tensor.ofInts(all);
    }

    // ---- several beams -----------------------------------------------------------------------------------------------

    /**
     * Inputs: words (rows, time), most, least, beams, results, penalty of length, penalty of repetition, masks as above at 7, 8 and 9;
     * where there is an encoder, the words that the decoder begins with at 10.
     */
    private static List<Value> beams(Call c) {
        int[][] prompt = prompt(c, 10);
        int start = prompt[0].length;
        int most = c.integer(1);
        int width = c.integer(3);
        int results = c.has(4) ? c.integer(4) : 1;
        if (width < 1 || results < 1 || results > width) {
            throw Call.unsupported("at least one beam, and at most as many results", width + " beams and " + results + " results");
        }
        c.room((double) prompt.length * width * Math.max(1, most), Integer.BYTES);
        WordRules rules = WordRules.of(c, 6);
        WordSteps steps = steps(c, prompt, 9, width);
        double penalty = c.has(5) ? c.number(5) : 1;
        Beams beams = new Beams(prompt, width, (float) penalty, c.flag("early_stopping", false), c.attribute("eos_token_id", 0),
                c.attribute("pad_token_id", 0));
        List<float[]> shown = new ArrayList<>();
        int vocabulary = 1;
        for (int length = start; length < most; length++) {
            float[][] scores = steps.scores(c.attribute("vocab_size", -1));
            vocabulary = scores[0].length;
            for (int i = 0; i < scores.length; i++) {
                Beams.logSoftmax(scores[i]);
                rules.apply(scores[i], beams.sequence(i), i / width, length == start);
                beams.addTo(scores[i], i);
                shown.add(scores[i]);
            }
            int[] from = beams.choose(scores);
            if (beams.isDone() || length + 1 == most) {
                break;
            }
            steps.append(beams.lastWords(), from);
        }
        beams.finish();
        Tensor sequences = filled(beams.results(results), most, c.attribute("pad_token_id", 0)).reshape(prompt.length, results, most);
        Tensor scores = Tensor.of(beams.scores(results), prompt.length, results);
        return List.of(Value.of(ElementType.INT32, sequences), Value.of(ElementType.FLOAT, scores),
                Value.of(ElementType.FLOAT, history(c, shown, Math.max(0, most - start), prompt.length, width, vocabulary)));
    }

    /** Sound to words, without the rules of times and without what heads look at. */
    private static List<Value> whisper(Call c) {
        if (c.has(11) && c.integer(11) != 0 || c.wants(3) || c.wants(4)) {
            throw Call.unsupported("logits_processor 0, and no outputs but sequences and their scores",
                    "rules of times, cross_qk or non_speech_probs");
        }
        return beams(c);
    }

    private static Tensor history(Call c, List<float[]> shown, int steps, int rows, int width, int vocabulary) {
        if (!c.wants(2)) {
            return Tensor.zeros(Shape.of(0, rows, width, vocabulary));
        }
        c.room((double) steps * rows * width * vocabulary, Float.BYTES);
        float[] all = new float[steps * rows * width * vocabulary];
        for (int i = 0; i < shown.size(); i++) {
            System.arraycopy(shown.get(i), 0, all, i * vocabulary, vocabulary);
        }
        return Tensor.of(all, steps, rows, width, vocabulary);
    }
}
