package dev.gamelan.nn;

import static dev.gamelan.nn.Golden.assertClose;
import static dev.gamelan.nn.Layers.attention;
import static dev.gamelan.nn.Layers.bidirectional;
import static dev.gamelan.nn.Layers.dense;
import static dev.gamelan.nn.Layers.gru;
import static dev.gamelan.nn.Layers.lstm;
import static dev.gamelan.nn.Layers.residual;
import static dev.gamelan.nn.Layers.sequential;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.gamelan.shape.DType;
import dev.gamelan.tensor.Functions;
import dev.gamelan.tensor.RandomKey;
import dev.gamelan.tensor.Stepper.Next;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.TensorMap;
import dev.gamelan.tensor.Tensors;
import dev.gamelan.tensor.Tree;
import dev.gamelan.tensor.Trees;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import tools.jackson.databind.JsonNode;

/** Outputs and gradients of layers over sequences against PyTorch's, and gradients against finite differences. */
class SequenceGoldenTest {

    private static final Tensor LENGTHS = Tensor.ofInts(5, 2, 4);

    private static final List<JsonNode> CASES = StreamSupport.stream(Golden.read("golden_sequences.json").get("cases").spliterator(), false)
            .toList();

    private static final Map<String, Block<TensorMap, Tensor>> BLOCKS = Map.ofEntries(
            entry("lstm", lstm(3)),
            entry("lstm last", lstm(3).lastOnly()),
            entry("lstm one step", lstm(3)),
            entry("lstm reversed", lstm(3).reversed()),
            padded("lstm padded", lstm(3)),
            Map.entry("lstm padded state", (scope, in) -> lstm(3).apply(scope, new Padded(in.get("x"), LENGTHS),
                    Lstm.State.zeros(in.get("x").dtype(), 3, 3)).state().hidden()),
            Map.entry("lstm state", (scope, in) -> {
                Next<Lstm.State, Tensor> next = lstm(3).apply(scope, in.get("x"), new Lstm.State(in.get("h"), in.get("c")));
                return Tensors.concat(1, next.output(), next.state().hidden().expandDims(1), next.state().cell().expandDims(1));
            }),
            entry("lstm bidirectional", bidirectional(lstm(3))),
            entry("lstm bidirectional last", bidirectional(lstm(3).lastOnly())),
            padded("lstm bidirectional padded", bidirectional(lstm(3))),
            entry("gru", gru(3)),
            entry("gru last", gru(3).lastOnly()),
            entry("gru one step", gru(3)),
            entry("gru reversed", gru(3).reversed()),
            padded("gru padded", gru(3)),
            Map.entry("gru padded state", (scope, in) -> gru(3).apply(scope, new Padded(in.get("x"), LENGTHS),
                    Tensor.zeros(in.get("x").dtype(), dev.gamelan.shape.Shape.of(3, 3))).state()),
            Map.entry("gru state", (scope, in) -> {
                Next<Tensor, Tensor> next = gru(3).apply(scope, in.get("x"), in.get("h"));
                return Tensors.concat(1, next.output(), next.state().expandDims(1));
            }),
            entry("gru bidirectional", bidirectional(gru(3))),
            entry("gru bidirectional last", bidirectional(gru(3).lastOnly())),
            padded("gru bidirectional padded", bidirectional(gru(3))),
            entry("attention", attention(2)),
            entry("attention causal", attention(2).causal()),
            Map.entry("attention cross", (scope, in) -> attention(2).apply(scope, in.get("x"), in.get("memory"))),
            Map.entry("attention cross narrow", (scope, in) -> attention(2).apply(scope, in.get("x"), in.get("memory"))),
            Map.entry("attention padded memory", (scope, in) -> attention(2).apply(scope, in.get("x"),
                    new Padded(in.get("memory"), Tensor.ofInts(4, 1, 3)))),
            entry("attention rotary no bias", attention(2).causal().rotary().noBias()),
            entry("rmsNorm", Layers.rmsNorm()),
            entry("groupNorm", Layers.groupNorm(3)),
            entry("groupNorm one group of a row", Layers.groupNorm(1)),
            entry("instanceNorm", Layers.instanceNorm()),
            entry("positionEmbedding", Layers.positionEmbedding(7)),
            Map.entry("embedding logits", (scope, in) -> Layers.embedding(7, 8).logits(scope, in.get("x"))),
            entry("residual shortcut", sequential(residual(dense(5), Layers.tanh()).shortcut(dense(5).noBias())).layers().getFirst()));

    private record In(TensorMap inputs, TensorMap parameters) implements Tree {}

    private static Map.Entry<String, Block<TensorMap, Tensor>> entry(String name, Layer layer) {
        return Map.entry(name, (scope, in) -> layer.apply(scope, in.get("x")));
    }

    private static Map.Entry<String, Block<TensorMap, Tensor>> padded(String name, SequenceLayer layer) {
        return Map.entry(name, (scope, in) -> layer.apply(scope, new Padded(in.get("x"), LENGTHS)).values());
    }

    @TestFactory
    Stream<DynamicTest> agreesWithPyTorch() {
        return CASES.stream().map(c -> DynamicTest.dynamicTest(c.get("name").asString(), () -> compare(c)));
    }

    @TestFactory
    Stream<DynamicTest> agreesWithFiniteDifferences() {
        return CASES.stream().map(c -> DynamicTest.dynamicTest(c.get("name").asString(), () -> differ(c)));
    }

    @Test
    void everyBlockHasACase() {
        assertEquals(BLOCKS.size(), CASES.size());
    }

    private static void compare(JsonNode c) {
        Model<TensorMap, Tensor> model = model(c);
        In in = new In(Golden.map(c.get("inputs")), Golden.map(c.get("parameters")));
        assertClose(Golden.tensor(c.get("output")), run(model, in), 2e-6, "output");
        assertClose(Golden.tensor(c.get("output")), model.forward(weights(in), in.inputs, RandomKey.of(0)).output(), 2e-6,
                "output in training");
        Tensor weights = Golden.tensor(c.get("weights"));
        In gradient = Functions.grad((In at) -> run(model, at).mul(weights).sum()).apply(in);
        Golden.map(c.get("inputGradients"))
                .forEach((path, expected) -> assertClose(expected, gradient.inputs.get(path), 5e-6, "gradient of " + path));
        Golden.map(c.get("gradients"))
                .forEach((path, expected) -> assertClose(expected, gradient.parameters.get(path), 5e-6, "gradient of " + path));
    }

    /** In double precision, along one random direction through inputs and parameters at once. */
    private static void differ(JsonNode c) {
        Model<TensorMap, Tensor> model = model(c);
        In in = Trees.map(new In(Golden.map(c.get("inputs")), Golden.map(c.get("parameters"))), t -> t.cast(DType.FLOAT64));
        Tensor weights = Golden.tensor(c.get("weights")).cast(DType.FLOAT64);
        List<Tensor> leaves = Trees.leaves(in);
        In direction = Trees.withLeaves(in, java.util.stream.IntStream.range(0, leaves.size())
                .mapToObj(i -> RandomKey.of(11).at(i).normal(leaves.get(i).shape()).cast(DType.FLOAT64)).toList());
        In gradient = Functions.grad((In at) -> run(model, at).mul(weights).sum()).apply(in);
        double slope = Trees.leaves(Trees.zip(gradient, direction, Tensor::mul)).stream().mapToDouble(t -> t.sum().item()).sum();
        double h = 1e-5;
        double above = run(model, Trees.zip(in, direction, (x, d) -> x.add(d.mul(h)))).mul(weights).sum().item();
        double below = run(model, Trees.zip(in, direction, (x, d) -> x.sub(d.mul(h)))).mul(weights).sum().item();
        assertEquals((above - below) / (2 * h), slope, 1e-6 * Math.max(1, Math.abs(slope)));
    }

    private static Model<TensorMap, Tensor> model(JsonNode c) {
        Block<TensorMap, Tensor> block = java.util.Objects.requireNonNull(BLOCKS.get(c.get("name").asString()));
        return Model.of(block, new Weights(Golden.map(c.get("parameters")), TensorMap.of()));
    }

    private static Tensor run(Model<TensorMap, Tensor> model, In in) {
        return model.apply(weights(in), in.inputs);
    }

    private static Weights weights(In in) {
        return new Weights(in.parameters, TensorMap.of());
    }
}
