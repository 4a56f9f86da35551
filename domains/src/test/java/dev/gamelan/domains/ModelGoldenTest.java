package dev.gamelan.domains;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gamelan.domains.text.Gpt;
import dev.gamelan.domains.vision.ResNet;
import dev.gamelan.nn.Layer;
import dev.gamelan.nn.Model;
import dev.gamelan.nn.Session;
import dev.gamelan.nn.Summary;
import dev.gamelan.nn.Weights;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.RandomKey;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.TensorMap;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Ready models against PyTorch's, with the same weights: see {@code src/test/python/golden_models.py}. */
class ModelGoldenTest {

    private static final Map<String, Layer> MODELS = Map.of(
            "resnet", new ResNet(List.of(3, 4), List.of(1, 2), true, 5),
            "small resnet", new ResNet(List.of(2, 3, 4), List.of(1, 1, 1), false, 4),
            "gpt", new Gpt(11, 8, 6, 2, 3),
            "gpt untied", new Gpt(11, 8, 6, 1, 2).untied());

    private static JsonNode golden() throws IOException {
        try (InputStream in = Objects.requireNonNull(ModelGoldenTest.class.getResourceAsStream("golden_models.json"))) {
            return JsonMapper.shared().readTree(in);
        }
    }

    @TestFactory
    Stream<DynamicTest> logitsAgree() throws IOException {
        return StreamSupport.stream(golden().get("cases").spliterator(), false)
                .map(c -> DynamicTest.dynamicTest(c.get("name").asString(), () -> compare(c)));
    }

    private static void compare(JsonNode c) {
        Layer layer = Objects.requireNonNull(MODELS.get(c.get("name").asString()));
        boolean text = layer instanceof Gpt;
        Tensor input = tensor(c.get("input"));
        Model<Tensor, Tensor> model = Model.of(layer, new Weights(map(c.get("parameters")), map(c.get("buffers"))));
        Tensor expected = tensor(c.get("output"));
        Tensor received = model.apply(text ? input.cast(DType.INT32) : input);
        assertEquals(expected.shape(), received.shape());
        assertArrayEquals(expected.toFloatArray(), received.toFloatArray(), 2e-5f * (float) Math.max(1, expected.abs().max().item()));
    }

    private static Tensor tensor(JsonNode node) {
        float[] values = new float[node.get("values").size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) node.get("values").get(i).asDouble();
        }
        return Tensor.of(values, StreamSupport.stream(node.get("shape").spliterator(), false).mapToInt(JsonNode::asInt).toArray());
    }

    private static TensorMap map(JsonNode node) {
        TensorMap map = TensorMap.of();
        for (var entry : node.properties()) {
            map = map.with(entry.getKey(), tensor(entry.getValue()));
        }
        return map;
    }

    /** The counts that the papers and other libraries give. */
    @Test
    void sizesAreThoseOfTheField() {
        Summary eighteen = Model.of(Shape.of(224, 224, 3), ResNet.resNet18(1000)).summary();
        assertEquals(11_689_512, eighteen.parameters());
        assertEquals(2 * 1.82e9, eighteen.flops(), 0.1e9);
        assertEquals(21_797_672, Model.of(Shape.of(224, 224, 3), ResNet.resNet34(1000)).summary().parameters());
        assertEquals(0.27e6, Model.of(Shape.of(32, 32, 3), ResNet.small(20, 10)).summary().parameters(), 0.01e6);
        assertEquals(124_439_808, Model.of(DType.INT32, Shape.of(8), new Gpt(50_257, 1024, 768, 12, 12)).summary().parameters());
    }

    @Test
    void aGptGoesOnInASessionAndComesBackFromAFile(@TempDir Path folder) {
        Model<Tensor, Tensor> model = Model.of(DType.INT32, Shape.of(12), new Gpt(11, 12, 6, 2, 3));
        model.save(folder.resolve("gpt.safetensors"));
        Tensor ids = RandomKey.of(1).integers(11, Shape.of(1, 12)).eval();
        float[] expected = model.apply(ids).toFloatArray();
        Session<Tensor, Tensor> session = Model.load(folder.resolve("gpt.safetensors")).session();
        float[] prompt = session.apply(ids.slice(1, 0, 5)).toFloatArray();
        for (int i = 5; i < 12; i++) {
            float[] step = session.apply(ids.slice(1, i, i + 1)).toFloatArray();
            assertArrayEquals(java.util.Arrays.copyOfRange(expected, i * 11, (i + 1) * 11), step, 1e-5f, "token " + i);
        }
        assertArrayEquals(java.util.Arrays.copyOf(expected, 5 * 11), prompt, 1e-5f);
    }

    @Test
    void aResNetLearns(@TempDir Path folder) {
        Tensor x = RandomKey.of(1).normal(8, 8, 8, 3).eval();
        Tensor y = RandomKey.of(2).integers(3, Shape.of(8)).eval();
        Model<Tensor, Tensor> model = Model.of(Shape.of(8, 8, 3), ResNet.small(8, 3));
        var history = model.train(dev.gamelan.nn.Dataset.of(x, y).batches(8), dev.gamelan.nn.Losses.softmaxCrossEntropy())
                .optimizer(dev.gamelan.nn.Optimizers.sgd(0.05, 0.9)).epochs(20).quiet().run();
        assertTrue(history.lastLoss() < 0.2, "loss " + history.lastLoss());
        model.save(folder.resolve("resnet.safetensors"));
        assertArrayEquals(model.apply(x).toFloatArray(), Model.load(folder.resolve("resnet.safetensors")).apply(x).toFloatArray());
    }
}
