package dev.gamelan.domains.export;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.gamelan.domains.data.DataFolder;
import dev.gamelan.domains.data.Progress;
import dev.gamelan.domains.text.Gpt;
import dev.gamelan.domains.vision.Digits;
import dev.gamelan.domains.vision.FashionMnist;
import dev.gamelan.domains.vision.ImageModels;
import dev.gamelan.domains.vision.ImageSet;
import dev.gamelan.domains.vision.Normalize;
import dev.gamelan.domains.vision.ResNet;
import dev.gamelan.interop.onnx.OpenAxis;
import dev.gamelan.nn.Layer;
import dev.gamelan.nn.Layers;
import dev.gamelan.nn.Losses;
import dev.gamelan.nn.Model;
import dev.gamelan.nn.Optimizers;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.TensorMap;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
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

    /** With batch normalization and dropout, on pictures of bytes. */
    @Test
    void aTrainedNetworkForPictures() throws Exception {
        ImageSet digits = Digits.load();
        check(ImageModels.cnn(Normalize.fit(digits.train()), digits.train().shape(), 10), digits);
    }

    @Test
    @Tag("slow")
    void aTrainedNetworkForClothes() throws Exception {
        ImageSet clothes = FashionMnist.load(DataFolder.standard(), Progress.NONE);
        check(ImageModels.cnn(Normalize.fit(clothes.train()), clothes.train().shape(), 10), clothes);
    }

    private void check(Model<Tensor, Tensor> model, ImageSet data) throws Exception {
        model.train(data.train().shuffledBatches(64), Losses.softmaxCrossEntropy()).optimizer(Optimizers.adam(3e-3)).epochs(1).quiet()
                .run();
        Exports.check(folder.resolve("network.onnx"), model, List.of(BATCH), List.of(Map.of("batch", 1), Map.of("batch", 7)));
        Tensor pictures = data.test().batches(200).first().input();
        Tensor theirs = Microsoft.run(Files.readAllBytes(folder.resolve("network.onnx")), TensorMap.of("input", pictures)).get("output");
        assertTrue(Microsoft.difference(model.apply(pictures), Objects.requireNonNull(theirs)) < 1e-5);
    }

    @TestFactory
    Stream<DynamicTest> runInOnnxRuntime() {
        return Stream.of(picture("ResNet-18", ResNet.resNet18(10), 64), picture("ResNet-20", ResNet.small(20, 10), 32),
                text("GPT", new Gpt(7, 16, 24, 3, 3)), text("GPT untied", new Gpt(7, 16, 24, 2, 4).untied()),
                text("language model of two LSTMs", Layers.sequential(Layers.embedding(7, 8), Layers.lstm(16), Layers.lstm(16),
                        Layers.dense(7))));
    }
}
