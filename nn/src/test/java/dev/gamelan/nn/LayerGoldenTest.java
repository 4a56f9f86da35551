package dev.gamelan.nn;

import static dev.gamelan.nn.Golden.assertClose;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.gamelan.tensor.Functions;
import dev.gamelan.tensor.RandomKey;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.TensorMap;
import dev.gamelan.tensor.Tree;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import tools.jackson.databind.JsonNode;

/** Each layer's output and gradients against PyTorch's. */
class LayerGoldenTest {

    private static final Map<String, Layer> LAYERS = Map.ofEntries(
            Map.entry("conv2d", Layers.conv2d(4, 3)),
            Map.entry("conv2d stride pad", Layers.conv2d(4, 3, 2).stride(2, 1).pad(1, 0)),
            Map.entry("conv2d dilation groups", Layers.conv2d(6, 3).groups(2).dilation(2)),
            Map.entry("conv2d same", Layers.conv2d(3, 3).padSame()),
            Map.entry("conv2d depthwise", Layers.conv2d(3, 3).groups(3)),
            Map.entry("conv1d", Layers.conv1d(2, 4).stride(2)),
            Map.entry("conv3d", Layers.conv3d(3, 2)),
            Map.entry("convTranspose2d", Layers.convTranspose2d(2, 4)),
            Map.entry("convTranspose2d stride pad", Layers.convTranspose2d(2, 4).stride(2).pad(1)),
            Map.entry("maxPool2d", Layers.maxPool2d(2)),
            Map.entry("maxPool2d stride pad", Layers.maxPool2d(3).stride(2).pad(1)),
            Map.entry("avgPool2d", Layers.avgPool2d(2)),
            Map.entry("avgPool2d stride pad", Layers.avgPool2d(3).stride(2).pad(1)),
            Map.entry("globalAvgPool", Layers.globalAvgPool()),
            Map.entry("globalMaxPool", Layers.globalMaxPool()),
            Map.entry("dense", Layers.dense(3)),
            Map.entry("dense rank 3", Layers.dense(3)),
            Map.entry("layerNorm", Layers.layerNorm()),
            Map.entry("batchNorm inference", Layers.batchNorm()),
            Map.entry("batchNorm training", Layers.batchNorm()),
            Map.entry("relu", Layers.relu()),
            Map.entry("relu6", Layers.relu6()),
            Map.entry("gelu", Layers.gelu()),
            Map.entry("geluTanh", Layers.geluTanh()),
            Map.entry("tanh", Layers.tanh()),
            Map.entry("sigmoid", Layers.sigmoid()),
            Map.entry("softplus", Layers.softplus()),
            Map.entry("silu", Layers.silu()),
            Map.entry("elu", Layers.elu()),
            Map.entry("hardSigmoid", Layers.hardSigmoid()),
            Map.entry("hardSwish", Layers.hardSwish()),
            Map.entry("softmax", Layers.softmax()),
            Map.entry("leakyRelu", Layers.leakyRelu(0.2)));

    record In(Tensor x, TensorMap parameters) implements Tree {}

    @TestFactory
    Stream<DynamicTest> layers() {
        return Golden.cases("layers").stream().map(c -> DynamicTest.dynamicTest(c.get("name").asString(), () -> check(c)));
    }

    @Test
    void everyLayerHasACase() {
        assertEquals(LAYERS.size(), Golden.cases("layers").size());
    }

    private static void check(JsonNode c) {
        Layer layer = LAYERS.get(c.get("name").asString());
        TensorMap buffers = Golden.map(c.get("buffers"));
        boolean training = c.get("training").asBoolean();
        In in = new In(Golden.tensor(c.get("input")), Golden.map(c.get("parameters")));
        Model<Tensor, Tensor> model = Model.of(layer, new Weights(in.parameters, buffers));
        Pass<Tensor> pass = run(model, in, buffers, training);
        assertClose(Golden.tensor(c.get("output")), pass.output(), 2e-6, "output");
        Golden.map(c.get("buffersAfter"))
                .forEach((path, expected) -> assertClose(expected, pass.weights().buffers().get(path), 1e-6, path));
        Tensor weights = Golden.tensor(c.get("weights"));
        In gradient = Functions.grad((In at) -> run(model, at, buffers, training).output().mul(weights).sum()).apply(in);
        assertClose(Golden.tensor(c.get("inputGradient")), gradient.x, 5e-6, "gradient of the input");
        Golden.map(c.get("gradients"))
                .forEach((path, expected) -> assertClose(expected, gradient.parameters.get(path), 5e-6, "gradient of " + path));
    }

    private static Pass<Tensor> run(Model<Tensor, Tensor> model, In in, TensorMap buffers, boolean training) {
        Weights weights = new Weights(in.parameters, buffers);
        return training ? model.forward(weights, in.x, RandomKey.of(0)) : new Pass<>(model.apply(weights, in.x), weights);
    }
}
