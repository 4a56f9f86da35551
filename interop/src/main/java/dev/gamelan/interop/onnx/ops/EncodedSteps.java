package dev.gamelan.interop.onnx.ops;

import dev.gamelan.interop.onnx.value.Knowledge;
import dev.gamelan.interop.onnx.value.Value;
import dev.gamelan.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * An encoder of words (like T5's) or of sound (like Whisper's), and a decoder that looks at what it gave. Caches are (rows, heads, time, d),
 * two for each layer, first those of the decoder's own words, then those of the encoder. The encoder's graph may do the decoder's first step too.
 */
final class EncodedSteps implements WordSteps {

    private final Call call;
    private final Body decoder;
    private final boolean ofWhole;
    private final List<Value> always = new ArrayList<>();
    private final List<Value> crossed;
    private List<Value> past;
    private List<Value> begun = List.of();
    private final int copies;
    private int[][] words;

    /**
     * @param prompt what the decoder begins with
     * @param mask   the input that says which words of the encoder count, or -1 where it hears sound
     * @param copies of each row
     */
    EncodedSteps(Call call, int[][] prompt, int mask, int copies) {
        this.call = call;
        this.copies = copies;
        this.decoder = call.body("decoder");
        this.words = IntStream.range(0, prompt.length * copies).mapToObj(i -> prompt[i / copies].clone()).toArray(int[][]::new);
        int[] declared = decoder.declared(0);
        this.ofWhole = declared.length < 2 || declared[1] != 1;
        Body encoder = call.body("encoder");
        List<Value> asked = new ArrayList<>(List.of(call.value(0)));
        if (mask >= 0) {
            asked.add(mask(mask));
            always.add(copied(asked.get(1)));
        }
        boolean begins = encoder.inputs() > asked.size();
        if (begins) {
            asked.add(WordSteps.matrix(prompt));
        }
        List<Value> given = encoder.apply(asked);
        int layers = begins ? (given.size() - 2) / 4 : given.size() / 2;
        int caches = decoder.inputs() - 4 * layers - 1 - always.size();
        if (layers < 1 || caches < 0 || caches > 1 || !begins && caches > 0) {
            throw Call.unsupported("a decoder that takes words, a mask, what the encoder gave, and four caches for each of its layers",
                    decoder.inputs() + " inputs of the decoder and " + given.size() + " outputs of the encoder");
        }
        if (caches == 1) {
            always.add(copied(given.get(1)));
        }
        if (begins) {
            begun = List.of(given.getFirst());
            past = given.subList(2, 2 + 2 * layers).stream().map(this::copied).toList();
            crossed = given.subList(2 + 2 * layers, given.size()).stream().map(this::copied).toList();
        } else {
            crossed = given.stream().map(this::copied).toList();
            past = crossed.stream().map(EncodedSteps::empty).toList();
        }
    }

    /** INT32: which words count; where nobody says all, but for padding before them. */
    private Value mask(int input) {
        if (call.has(input)) {
            return call.value(input);
        }
        int pad = call.attribute("pad_token_id", 0);
        int[][] shown = WordSteps.rows(call.data(0));
        for (int[] row : shown) {
            int begin = (int) Arrays.stream(row).takeWhile(word -> word == pad).count();
            Arrays.setAll(row, i -> i < begin ? 0 : 1);
        }
        return WordSteps.matrix(shown);
    }

    private Value copied(Value value) {
        Value.Numbers numbers = Call.numbers(value);
        return copies == 1 ? numbers : numbers.with(numbers.tensor().repeat(0, copies));
    }

    private static Value empty(Value cache) {
        Value.Numbers numbers = Call.numbers(cache);
        return numbers.with(Tensor.zeros(numbers.tensor().dtype(), numbers.tensor().shape().with(2, 0))).with(Knowledge.SHAPES);
    }

    @Override
    public float[][] scores(int vocabulary) {
        call.steps(1);
        if (!begun.isEmpty()) {
            float[][] first = WordSteps.last(begun.getFirst(), past, vocabulary);
            begun = List.of();
            return IntStream.range(0, words.length).mapToObj(i -> first[i / copies].clone()).toArray(float[][]::new);
        }
        int[][] asked = ofWhole ? words
                : Arrays.stream(words).map(row -> new int[] {row[row.length - 1]}).toArray(int[][]::new);
        List<Value> inputs = new ArrayList<>(List.of(WordSteps.matrix(asked)));
        inputs.addAll(always);
        inputs.addAll(past);
        inputs.addAll(crossed);
        List<Value> outputs = decoder.apply(inputs);
        past = outputs.subList(1, outputs.size());
        return WordSteps.last(outputs.getFirst(), past, vocabulary);
    }

    @Override
    public void append(int[] chosen, int[] from) {
        words = IntStream.range(0, chosen.length).mapToObj(i -> Beams.appended(words[from[i]], chosen[i])).toArray(int[][]::new);
        past = WordSteps.reordered(past, 0, from);
    }
}
