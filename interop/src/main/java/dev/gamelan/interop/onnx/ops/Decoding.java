package dev.gamelan.interop.onnx.ops;

import dev.gamelan.interop.onnx.value.ElementType;
import dev.gamelan.interop.onnx.value.Knowledge;
import dev.gamelan.interop.onnx.value.Value;
import dev.gamelan.ir.Data;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Functions;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.Tensors;
import dev.gamelan.tensor.Tree;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Whole loops that write text, of decoders like GPT-2 (ONNX Runtime's {@code GreedySearch} and {@code BeamSearch}): the graph inside of
 * the node gives scores of the next word and a cache of its past, (2, rows, heads, time, d) for each layer.
 */
final class Decoding {

    private Decoding() {}

    static void register(Registry r) {
        r.op(Registry.MICROSOFT, "GreedySearch", 1, Decoding::greedy).op(Registry.MICROSOFT, "BeamSearch", 1, Decoding::beams);
    }

    // ---- the graph of a step ----------------------------------------------------------------------------------------

    /** What the graph is asked with: for each row words that are new, their places (padding has none), and which of all words count. */
    private static final class Steps {
        private final Call call;
        private final Body first;
        private final Body later;
        private final int[] next;
        private int[][] words;
        private int[][] places;
        private int[][] mask;
        private List<Value> past = List.of();

        Steps(Call call, int[][] prompt, int maskInput, int copies) {
            if (call.attribute("model_type", 0) != 0 || call.hasAttribute("encoder")) {
                throw Call.unsupported("model_type 0, a decoder like GPT-2; run encoder and decoder of others by themselves",
                        "model_type " + call.attribute("model_type", 0));
            }
            this.call = call;
            this.later = call.body("decoder");
            this.first = call.hasAttribute("init_decoder") ? call.body("init_decoder") : later;
            int pad = call.attribute("pad_token_id", 0);
            boolean given = call.has(maskInput);
            int[][] shown = given ? rows(call.data(maskInput)) : new int[prompt.length][];
            this.words = new int[prompt.length * copies][];
            this.places = new int[words.length][];
            this.next = new int[words.length];
            this.mask = new int[words.length][];
            for (int i = 0; i < words.length; i++) {
                words[i] = prompt[i / copies].clone();
                mask[i] = given ? shown[i / copies].clone() : Arrays.stream(words[i]).map(word -> word == pad ? 0 : 1).toArray();
                places[i] = new int[words[i].length];
                for (int k = 0, place = 0; k < words[i].length; k++) {
                    places[i][k] = words[i][k] == pad ? 0 : place++;
                    next[i] = place;
                }
            }
        }

        /** The scores of the words that may come next, one row each. */
        float[][] scores(int vocabulary) {
            call.steps(1);
            List<Value> inputs = new ArrayList<>(List.of(matrix(words), matrix(places), matrix(mask)));
            Body body = past.isEmpty() ? first : later;
            inputs.addAll(past.isEmpty() ? empty(body) : past);
            List<Value> outputs = body.apply(inputs);
            Tensor all = Call.numbers(outputs.getFirst()).tensor();
            Tensor last = all.select(1, all.dim(1) - 1).slice(1, 0, vocabulary > 0 ? vocabulary : all.dim(2));
            past = outputs.subList(1, outputs.size());
            List<Tree> needed = new ArrayList<>(List.of(last));
            past.forEach(value -> needed.add(Call.numbers(value).tensor()));
            Tensors.eval(needed.toArray(Tree[]::new));
            Data data = last.data();
            float[][] result = new float[words.length][data.length() / words.length];
            for (int i = 0; i < data.length(); i++) {
                result[i / result[0].length][i % result[0].length] = (float) data.getDouble(i);
            }
            return result;
        }

        /** The caches before the first step have no time; their other extents are those that the graph declares. */
        private List<Value> empty(Body body) {
            List<Value> caches = new ArrayList<>();
            for (int i = 3; i < body.inputs(); i++) {
                int[] dims = body.declared(i);
                Shape shape = Shape.of(2, words.length, dims.length > 2 ? Math.max(1, dims[2]) : 1, 0,
                        dims.length > 4 ? Math.max(1, dims[4]) : 1);
                caches.add(Value.of(ElementType.FLOAT, Tensor.zeros(shape)).with(Knowledge.SHAPES));
            }
            return caches;
        }

        /** Goes on with these words, each after the row that it belongs to. */
        void append(int[] chosen, int[] from) {
            int[][] masks = new int[chosen.length][];
            int[][] at = new int[chosen.length][];
            for (int i = 0; i < chosen.length; i++) {
                int[] before = mask[from[i]];
                masks[i] = Arrays.copyOf(before, before.length + 1);
                masks[i][before.length] = 1;
                at[i] = new int[] {next[i]++};
            }
            words = IntStream.of(chosen).mapToObj(word -> new int[] {word}).toArray(int[][]::new);
            mask = masks;
            places = at;
            boolean same = IntStream.range(0, from.length).allMatch(i -> from[i] == i);
            if (!same) {
                past = past.stream()
                        .map(value -> (Value) Call.numbers(value).with(Call.numbers(value).tensor().take(1, Tensor.ofInts(from))))
                        .toList();
            }
        }
    }

    private static Value matrix(int[][] rows) {
        Tensor all = Tensor.ofInts(Arrays.stream(rows).flatMapToInt(Arrays::stream).toArray()).reshape(rows.length, rows[0].length);
        return Value.of(ElementType.INT32, all).with(Knowledge.SHAPES);
    }

    private static int[][] rows(Data data) {
        int[] all = Call.ints(Call.longs(data));
        int width = data.shape().dim(-1);
        return IntStream.range(0, data.shape().dim(0)).mapToObj(i -> Arrays.copyOfRange(all, i * width, (i + 1) * width))
                .toArray(int[][]::new);
    }

    /** Values are needed step by step, so this is no part of a program. */
    private static int[][] prompt(Call c) {
        if (Functions.tracing()) {
            throw new NeedsValue(c.tensor(0));
        }
        return rows(c.data(0));
    }

    // ---- the most likely word ----------------------------------------------------------------------------------------

    /** Inputs: words (rows, time), most, least, penalty, mask (words), mask of the first word (rows, words), mask (rows, time). */
    private static List<Value> greedy(Call c) {
        int[][] sequences = prompt(c);
        int start = sequences[0].length;
        int most = c.integer(1);
        int end = c.attribute("eos_token_id", 0);
        int pad = c.attribute("pad_token_id", 0);
        WordRules rules = WordRules.of(c, 2);
        Steps steps = new Steps(c, sequences, 6, 1);
        boolean[] done = new boolean[sequences.length];
        int[] same = IntStream.range(0, sequences.length).toArray();
        int[][] written = sequences.clone();
        for (int length = start; length < most; length++) {
            float[][] scores = steps.scores(c.attribute("vocab_size", -1));
            int[] chosen = new int[written.length];
            boolean all = true;
            for (int i = 0; i < written.length; i++) {
                rules.apply(scores[i], written[i], i, length == start);
                int best = Beams.best(scores[i]);
                done[i] |= best == end;
                chosen[i] = done[i] ? pad : best;
                all &= done[i];
                written[i] = Beams.appended(written[i], chosen[i]);
            }
            if (all || length + 1 == most) {
                break;
            }
            steps.append(chosen, same);
        }
        return Call.one(ElementType.INT32, filled(Arrays.asList(written), most, pad).reshape(written.length, most));
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
     * Inputs: words (rows, time), most, least, beams, results, penalty of length, penalty of repetition, masks as above at 7, 8 and 9.
     */
    private static List<Value> beams(Call c) {
        int[][] prompt = prompt(c);
        int start = prompt[0].length;
        int most = c.integer(1);
        int width = c.integer(3);
        int results = c.has(4) ? c.integer(4) : 1;
        if (width < 1 || results < 1 || results > width) {
            throw Call.unsupported("at least one beam, and at most as many results", width + " beams and " + results + " results");
        }
        c.room((double) prompt.length * width * Math.max(1, most), Integer.BYTES);
        WordRules rules = WordRules.of(c, 6);
        Steps steps = new Steps(c, prompt, 9, width);
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
