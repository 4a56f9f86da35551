package dev.gamelan.interop.onnx.ops;

import dev.gamelan.interop.onnx.value.ElementType;
import dev.gamelan.interop.onnx.value.Knowledge;
import dev.gamelan.interop.onnx.value.Value;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A decoder like GPT-2. It is asked with words that are new, their places (padding has none), which of all words count, and a cache of its
 * past, (2, rows, heads, time, d) for each layer.
 */
final class DecoderSteps implements WordSteps {

    private final Call call;
    private final Body first;
    private final Body later;
    private final int[] next;
    private int[][] words;
    private int[][] places;
    private int[][] mask;
    private List<Value> past = List.of();

    /** @param copies of each row of the prompt */
    DecoderSteps(Call call, int[][] prompt, int maskInput, int copies) {
        this.call = call;
        this.later = call.body("decoder");
        this.first = call.hasAttribute("init_decoder") ? call.body("init_decoder") : later;
        int pad = call.attribute("pad_token_id", 0);
        boolean given = call.has(maskInput);
        int[][] shown = given ? WordSteps.rows(call.data(maskInput)) : new int[prompt.length][];
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

    @Override
    public float[][] scores(int vocabulary) {
        call.steps(1);
        List<Value> inputs = new ArrayList<>(List.of(WordSteps.matrix(words), WordSteps.matrix(places), WordSteps.matrix(mask)));
        Body body = past.isEmpty() ? first : later;
        inputs.addAll(past.isEmpty() ? empty(body) : past);
        List<Value> outputs = body.apply(inputs);
        past = outputs.subList(1, outputs.size());
        return WordSteps.last(outputs.getFirst(), past, vocabulary);
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

    @Override
    public void append(int[] chosen, int[] from) {
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
        past = WordSteps.reordered(past, 1, from);
    }
}
