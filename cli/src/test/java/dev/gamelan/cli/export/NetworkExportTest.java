package dev.gamelan.cli.export;

import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.gamelan.domains.text.Gpt;
import dev.gamelan.domains.vision.ResNet;
import dev.gamelan.interop.onnx.OpenAxis;
import dev.gamelan.nn.Layer;
import dev.gamelan.nn.Layers;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Tensor;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** Whole networks, written as ONNX. */
class NetworkExportTest {

    private static final OpenAxis BATCH = OpenAxis.of("batch", 0);
    private static final OpenAxis TIME = OpenAxis.of("time", 1);

    @TempDir
    Path folder;

    private DynamicTest test(String name, Layer layer, Tensor example, List<OpenAxis> open, List<Map<String, Integer>> extents) {
        return dynamicTest(name, () -> Exports.check(folder.resolve("network.onnx"), Exports.model(layer, example), open, extents));
    }

    private DynamicTest picture(String name, Layer layer, int side) {
        return test(name, layer, Tensor.zeros(1, side, side, 3), List.of(BATCH), List.of(Map.of("batch", 1), Map.of("batch", 3)));
    }

    private DynamicTest text(String name, Layer layer) {
        return test(name, layer, Tensor.zeros(DType.INT32, Shape.of(1, 12)), List.of(BATCH, TIME),
                List.of(Map.of("batch", 1, "time", 1), Map.of("batch", 3, "time", 16), Map.of("batch", 2, "time", 12)));
    }

    @TestFactory
    Stream<DynamicTest> runInOnnxRuntime() {
        return Stream.of(picture("ResNet-18", ResNet.resNet18(10), 64), picture("ResNet-20", ResNet.small(20, 10), 32),
                text("GPT", new Gpt(7, 16, 24, 3, 3)), text("GPT untied", new Gpt(7, 16, 24, 2, 4).untied()),
                text("language model of two LSTMs", Layers.sequential(Layers.embedding(7, 8), Layers.lstm(16), Layers.lstm(16),
                        Layers.dense(7))));
    }
}
