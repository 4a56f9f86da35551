package dev.gamelan.domains;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gamelan.domains.text.Bert;
import dev.gamelan.domains.text.SentenceEncoder;
import dev.gamelan.domains.text.Tokenizer;
import dev.gamelan.interop.onnx.OnnxModel;
import dev.gamelan.interop.safetensors.SafeTensors;
import dev.gamelan.ir.Data;
import dev.gamelan.nn.Model;
import dev.gamelan.shape.DType;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.TensorMap;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** MiniLM, a trained encoder of sentences, with its own tokenizer. */
@Tag("slow")
class RealTextsTest {

    private static final String STATES = "last_hidden_state";
    private static final List<String> TEXTS = List.of("food", "meal", "stock", "The quick brown fox jumps over the lazy dog.",
            "A sentence that is longer than the others, so that those have to be filled up: naïve façades, 汉字 and numbers like 3.14!");

    private static Tokenizer tokenizer() {
        return Tokenizer.read(RealModels.file("all-minilm-l6-v2-tokenizer.json"));
    }

    private static SentenceEncoder imported(String file) {
        OnnxModel model = RealModels.model(file);
        return new SentenceEncoder(tokenizer(), input -> model.apply(named(input)).get(STATES));
    }

    private static TensorMap named(Bert.Input input) {
        return TensorMap.of(Map.of("input_ids", input.ids().cast(DType.INT64), "attention_mask", input.mask().cast(DType.INT64),
                "token_type_ids", input.segments().cast(DType.INT64)));
    }

    private static Tensor runtime(Path model, Bert.Input input) {
        return RealModels.runtime(model, named(input), STATES);
    }

    /** Each text by itself: a network of 8 bits finds its scale over the whole batch. */
    private static double cosine(SentenceEncoder encoder, String first, String second) {
        return encoder.embed(List.of(first)).mul(encoder.embed(List.of(second))).sum().item();
    }

    /** @param alike of food and meal, @param unlike of food and stock: what ONNX Runtime gives */
    private static void check(String file, double alike, double unlike) {
        SentenceEncoder encoder = imported(file);
        Path path = RealModels.file(file);
        SentenceEncoder theirs = new SentenceEncoder(tokenizer(), input -> runtime(path, input));
        for (String other : List.of("meal", "stock")) {
            double own = cosine(encoder, "food", other);
            double expected = cosine(theirs, "food", other);
            System.out.printf("%s: food, %s %.4f, in ONNX Runtime %.4f%n", file, other, own, expected);
            assertEquals(other.equals("meal") ? alike : unlike, own, 1e-3);
            assertEquals(expected, own, 1e-4);
        }
    }

    @Test
    void wordsAreAlikeOrNot() {
        check("all-minilm-l6-v2.onnx", 0.798, 0.333);
    }

    @Test
    void wordsAreAlikeOrNotInEightBits() {
        check("all-minilm-l6-v2-q.onnx", 0.806, 0.319);
    }

    /** The weights of the file as those of Hugging Face's {@code BertModel}, of which ONNX's export has transposed those of the linear maps. */
    private static Map<String, Data> stateDict(OnnxModel model) {
        Map<String, Data> tensors = new LinkedHashMap<>();
        model.parameters().forEach((name, value) -> {
            boolean isLinear = name.startsWith("encoder.layer.") && value.shape().rank() == 2;
            tensors.put(name, (isLinear ? value.transpose() : value).data());
        });
        return tensors;
    }

    /** Through a safetensors file, several of them with an index. */
    @Test
    void theWeightsInAnEncoderOfOurOwn(@TempDir Path folder) {
        new SafeTensors(stateDict(RealModels.model("all-minilm-l6-v2.onnx")), Map.of("format", "pt"))
                .writeShards(folder.resolve("model.safetensors.index.json"), 20_000_000);
        Bert bert = new Bert(30_522, 512, 384, 6, 12);
        Bert.Input input = tokenizer().batch(TEXTS);
        Model<Bert.Input, Tensor> model = Model.of(bert, input);
        bert.names().load(folder, model);

        Tensor theirs = runtime(RealModels.file("all-minilm-l6-v2.onnx"), input);
        Tensor kept = input.mask().cast(DType.FLOAT32).expandDims(-1);
        double difference = model.apply(input).sub(theirs).mul(kept).abs().max().item();
        Tensor own = new SentenceEncoder(tokenizer(), model).embed(TEXTS);
        Tensor expected = SentenceEncoder.mean(theirs, input.mask());
        expected = expected.div(expected.square().sum(dev.gamelan.tensor.Axes.keep(-1)).sqrt());
        double embeddings = own.sub(expected).abs().max().item();
        System.out.printf("MiniLM's weights in Bert, against ONNX Runtime: states %.2g, embeddings %.2g%n", difference, embeddings);
        assertTrue(difference < 1e-4, "states differ by " + difference);
        assertTrue(embeddings < 1e-4, "embeddings differ by " + embeddings);
        assertEquals(bert.names().save(model.weights()).tensors().keySet(), stateDict(RealModels.model("all-minilm-l6-v2.onnx")).keySet());
        assertArrayEquals(own.toFloatArray(), new SentenceEncoder(tokenizer(), model).embed(TEXTS).toFloatArray());
    }
}
