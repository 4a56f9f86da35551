package dev.gamelan.oracle;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.gamelan.grad.Gradients;
import dev.gamelan.ir.Data;
import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Op.UnaryKind;
import dev.gamelan.ir.Ops;
import dev.gamelan.ir.Type;
import dev.gamelan.ir.Window;
import dev.gamelan.runtime.Backend;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Operations and their gradients against PyTorch, on every backend. */
class GoldenTest {

    /** How to compute a case: the names of its inputs, and the program. */
    private record Recipe(List<String> inputs, Function<List<Node>, Node> build) {}

    @TestFactory
    Stream<DynamicTest> agreesWithPyTorch() {
        return Stream.of("reference", "jvm").map(Backend::named).flatMap(backend -> Golden.all().stream().filter(GoldenTest::isHere)
                .map(golden -> DynamicTest.dynamicTest(backend.name() + " " + golden, () -> check(backend, golden))));
    }

    @Test
    void everyCaseIsRead() {
        assertEquals(107, Golden.all().size());
    }

    private static boolean isHere(Golden golden) {
        return !golden.name().equals("along") && (!golden.name().equals("function") || unary(golden).isPresent());
    }

    private static void check(Backend backend, Golden golden) {
        Recipe recipe = recipe(golden);
        List<Node> inputs = new ArrayList<>();
        List<Data> values = new ArrayList<>();
        for (String name : recipe.inputs()) {
            inputs.add(Ops.input(golden.array(name).type(), name));
            values.add(golden.array(name));
        }
        Node y = recipe.build().apply(inputs);
        Node gy = golden.arrays().containsKey("gy") ? Node.of(golden.array("gy")) : Ops.fillLike(y, 1);
        List<Node> outputs = new ArrayList<>(List.of(y));
        outputs.addAll(Gradients.of(List.of(y), List.of(gy), inputs));
        List<Data> results = backend.compile(Graph.of(inputs, outputs)).run(values);
        golden.check("y", results.getFirst());
        for (int i = 0; i < inputs.size(); i++) {
            golden.check("g" + recipe.inputs().get(i), results.get(i + 1));
        }
    }

    private static Recipe recipe(Golden g) {
        return switch (g.name()) {
            case "conv" -> new Recipe(List.of("x", "w"), in -> Node.of(new Op.Conv(window(g), g.number("groups")), in.get(0), in.get(1)));
            case "transposed" -> new Recipe(List.of("x", "w"), in -> Node.of(
                    new Op.ConvInputGradient(window(g), g.number("groups"), spatial(g.array("y").shape())), in.get(0), in.get(1)));
            case "max_pool" -> new Recipe(List.of("x"), in -> Node.of(new Op.MaxPool(size(g), window(g)), in.getFirst()));
            case "sum_pool" -> new Recipe(List.of("x"), in -> Node.of(new Op.SumPool(size(g), window(g)), in.getFirst()));
            case "function" -> new Recipe(List.of("x"), in -> Ops.unary(unary(g).orElseThrow(), in.getFirst()));
            case "layer_norm" -> normalization(new int[] {-1});
            case "batch_norm" ->
                    normalization(Stream.iterate(0, i -> i + 1).limit(g.array("x").shape().rank() - 1).mapToInt(i -> i).toArray());
            case "cross_entropy" -> new Recipe(List.of("x"), in -> Ops.mul(
                    CompositeCases.crossEntropy(in.getFirst(), Ops.cast(Node.of(g.array("target")), DType.INT32)),
                    1.0 / g.array("x").shape().dim(0)));
            case "cross_entropy_smooth" -> new Recipe(List.of("x"), in -> smoothed(in.getFirst(), g.array("target")));
            case "mse" -> loss(g, d -> Ops.mul(d, d));
            case "mae" -> loss(g, d -> Ops.unary(UnaryKind.ABS, d));
            case "huber" -> loss(g, GoldenTest::huber);
            case "sigmoid_cross_entropy" ->
                    new Recipe(List.of("x"), in -> mean(sigmoidCrossEntropy(in.getFirst(), Node.of(g.array("target")))));
            case "attention" -> new Recipe(List.of("q", "k", "v"), in -> Ops.matmul(
                    CompositeCases.softmax(Ops.mul(Ops.matmul(in.get(0), Ops.transpose(in.get(1))), 0.5)), in.get(2)));
            case "recurrent" -> new Recipe(List.of("x", "h", "w", "u"), GoldenTest::recurrent);
            default -> throw new IllegalArgumentException("no recipe for " + g);
        };
    }

    private static Optional<UnaryKind> unary(Golden golden) {
        String name = golden.settings().get("of").toUpperCase(Locale.ROOT);
        return Arrays.stream(UnaryKind.values()).filter(kind -> kind.name().equals(name)).findFirst();
    }

    private static Window window(Golden g) {
        return new Window(g.list("stride"), g.list("low"), g.list("high"), g.list("dilation"));
    }

    private static Shape size(Golden g) {
        return Shape.of(g.list("size").stream().mapToInt(Integer::intValue).toArray());
    }

    private static Shape spatial(Shape shape) {
        return shape.slice(1, shape.rank() - 1);
    }

    private static Recipe normalization(int[] axes) {
        return new Recipe(List.of("x", "scale", "shift"),
                in -> Ops.add(Ops.mul(CompositeCases.normalize(in.get(0), axes), in.get(1)), in.get(2)));
    }

    private static Recipe loss(Golden g, Function<Node, Node> penalty) {
        return new Recipe(List.of("x"), in -> mean(penalty.apply(Ops.sub(in.getFirst(), Node.of(g.array("target"))))));
    }

    private static Node mean(Node x) {
        return Ops.mul(Ops.sum(Ops.reshape(x, Shape.of(x.shape().length())), 0), 1.0 / x.shape().length());
    }

    /** d^2 / 2 near zero, |d| - 1/2 far away. */
    private static Node huber(Node d) {
        Node magnitude = Ops.unary(UnaryKind.ABS, d);
        Node near = Ops.binary(Op.BinaryKind.MIN, magnitude, Ops.fillLike(d, 1));
        return Ops.add(Ops.mul(Ops.mul(near, near), 0.5), Ops.sub(magnitude, near));
    }

    /** relu(x) - x t + log1p(exp(-|x|)). */
    private static Node sigmoidCrossEntropy(Node x, Node target) {
        Node tail = Ops.unary(UnaryKind.LOG1P, Ops.unary(UnaryKind.EXP, Ops.neg(Ops.unary(UnaryKind.ABS, x))));
        return Ops.add(Ops.sub(Ops.unary(UnaryKind.RELU, x), Ops.mul(x, target)), tail);
    }

    private static Node smoothed(Node logits, Data labels) {
        int batch = logits.shape().dim(0);
        int classes = logits.shape().dim(1);
        Node all = Ops.mul(Ops.neg(Ops.sum(Ops.unary(UnaryKind.LOG, CompositeCases.softmax(logits)), 0, 1)), 0.1 / classes / batch);
        Node right = CompositeCases.crossEntropy(logits, Ops.cast(Node.of(labels), DType.INT32));
        return Ops.add(Ops.mul(right, 0.9 / batch), all);
    }

    private static Node recurrent(List<Node> in) {
        Node x = in.getFirst();
        Type step = x.type().with(x.shape().without(0));
        Graph body = ProgramCases.program(List.of(in.get(1).type(), step, in.get(2).type(), in.get(3).type()), p -> {
            Node h = Ops.unary(UnaryKind.TANH, Ops.add(Ops.matmul(p.get(1), p.get(2)), Ops.matmul(p.get(0), p.get(3))));
            return List.of(h, h);
        });
        return Ops.get(Node.of(new Op.Scan(body, 1, 1, x.shape().dim(0), false), in.get(1), x, in.get(2), in.get(3)), 1);
    }
}
