package dev.gamelan.codegen;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gamelan.codegen.reference.Reference;
import dev.gamelan.grad.Gradients;
import dev.gamelan.ir.Data;
import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Ops;
import dev.gamelan.ir.Scalars;
import dev.gamelan.ir.Type;
import dev.gamelan.kernel.Attention.MaskKind;
import dev.gamelan.kernel.Lowering;
import dev.gamelan.kernel.Step;
import dev.gamelan.kernel.Target;
import dev.gamelan.pass.Passes;
import dev.gamelan.runtime.Pool;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Attention by blocks against the reference, at extents around those of blocks and tiles, for any number of threads and lanes. */
final class AttentionTest {

    private enum Mask {
        NONE(MaskKind.NONE), CAUSAL(MaskKind.CAUSAL), CAUSAL_HIDES(MaskKind.CAUSAL), CAUSAL_BIAS(MaskKind.CAUSAL),
        TRIANGLE(MaskKind.CAUSAL), TRIANGLE_BIAS(MaskKind.CAUSAL), SELECT(MaskKind.SELECT), HIDES(MaskKind.SELECT),
        ROW(MaskKind.SELECT), NOTHING(MaskKind.SELECT), BIAS(MaskKind.BIAS), BIASES(MaskKind.BIAS), BIAS_SELECT(MaskKind.BIAS),
        SELECT_BIAS(MaskKind.BIAS), BIAS_TIMES(MaskKind.BIAS), RESHAPED(MaskKind.BIAS), RESHAPED_SELECT(MaskKind.SELECT),
        ZEROS(MaskKind.NONE), TURNED(MaskKind.NONE);

        private final MaskKind kind;

        Mask(MaskKind kind) {
            this.kind = kind;
        }
    }

    /** @param merged whether heads lie beside each other, as between linear layers */
    private record Case(DType dtype, int batch, int heads, int queries, int keys, int depth, int width, Mask mask, double scale,
            boolean merged, boolean gradients) {

        /** Whether kernels that HotSpot has not compiled yet are soon through. */
        boolean isSmall() {
            return batch * heads * queries * keys <= 50_000;
        }

        /** What hides all keys of some queries is no causal mask. */
        MaskKind kind() {
            return mask.kind == MaskKind.CAUSAL && keys < queries ? MaskKind.SELECT : mask.kind;
        }

        List<Node> inputs() {
            List<Node> inputs = new ArrayList<>(List.of(input("q", queries, depth), input("k", keys, depth), input("v", keys, width),
                    input("g", queries, width)));
            switch (mask) {
                case SELECT, HIDES, RESHAPED_SELECT -> inputs.add(flags());
                case NOTHING -> inputs.addAll(List.of(flags(), Ops.input(new Type(DType.BOOL, Shape.of(batch, 1, queries, 1)), "any")));
                case ROW -> inputs.add(Ops.input(new Type(DType.BOOL, Shape.of(batch, 1, 1, keys)), "mask"));
                case BIAS, BIAS_TIMES, RESHAPED -> inputs.add(bias());
                case BIASES -> inputs.addAll(List.of(Ops.input(new Type(dtype, Shape.of(batch, 1, 1, keys)), "row"), bias()));
                case BIAS_SELECT, SELECT_BIAS -> inputs.addAll(List.of(flags(), bias()));
                case NONE, CAUSAL, CAUSAL_HIDES, CAUSAL_BIAS, TRIANGLE, TRIANGLE_BIAS, ZEROS, TURNED -> {}
            }
            return inputs;
        }

        private Node flags() {
            return Ops.input(new Type(DType.BOOL, Shape.of(batch, 1, queries, keys)), "mask");
        }

        private Node bias() {
            return Ops.input(new Type(dtype, Shape.of(heads, queries, keys)), "bias");
        }

        /** Whether key j is behind the place of query i. */
        private boolean isBehind(int i, int j) {
            return j > i + keys - queries;
        }

        private Node triangle(DType of, double upTo, double behind) {
            Type type = new Type(of, Shape.of(queries, keys));
            Object array = of.newArray(queries * keys);
            for (int i = 0; i < queries * keys; i++) {
                Scalars.setDouble(of, array, i, isBehind(i / keys, i % keys) ? behind : upTo);
            }
            return Node.of(new Data(type, array));
        }

        private Node input(String name, int rows, int columns) {
            return Ops.input(new Type(dtype, merged ? Shape.of(batch, rows, heads * columns) : Shape.of(batch, heads, rows, columns)),
                    name);
        }

        private Node split(Node x) {
            return merged ? Ops.permute(Ops.reshape(x, Shape.of(batch, x.shape().dim(1), heads, x.shape().dim(2) / heads)), 0, 2, 1, 3) : x;
        }

        private Node joined(Node x) {
            return merged ? Ops.reshape(Ops.permute(x, 0, 2, 1, 3), Shape.of(batch, x.shape().dim(2), heads * x.shape().dim(3))) : x;
        }

        Graph graph() {
            List<Node> in = inputs();
            // Without gradients, the factor is divided between the operands, as PyTorch's exporter does.
            Node query = gradients || scale == 1 ? split(in.get(0)) : Ops.mul(split(in.get(0)), Math.sqrt(scale));
            Node key = Ops.transpose(split(in.get(1)));
            Node scaled = gradients || scale == 1 ? key : Ops.mul(key, Math.sqrt(scale));
            Node scores = mask == Mask.RESHAPED || mask == Mask.RESHAPED_SELECT
                    ? unflattened(Ops.matmul(flattened(query), flattened(scaled))) : Ops.matmul(query, scaled);
            Node exponents = masked(!gradients || scale == 1 ? scores : Ops.mul(scores, scale), in);
            Shape kept = exponents.shape().with(-1, 1);
            Node max = Node.of(new Op.StopGradient(), Ops.reshape(Ops.reduce(Op.ReduceKind.MAX, exponents, 3), kept));
            Node exp = Ops.unary(Op.UnaryKind.EXP, Ops.sub(exponents, max));
            Node weights = Ops.div(exp, Ops.reshape(Ops.sum(exp, 3), kept));
            Node shares = mask == Mask.NOTHING
                    ? Ops.select(Ops.compare(Op.CompareKind.NE, weights, weights), Ops.fillLike(weights, 0), weights) : weights;
            Node values = split(in.get(2));
            Node product = switch (mask) {
                case RESHAPED, RESHAPED_SELECT -> unflattened(Ops.matmul(flattened(shares), flattened(values)));
                case TURNED -> Ops.transpose(Ops.matmul(Ops.transpose(values), Ops.transpose(shares)));
                default -> Ops.matmul(shares, values);
            };
            Node output = joined(product);
            List<Node> outputs = new ArrayList<>(List.of(output));
            if (gradients) {
                outputs.addAll(Gradients.of(List.of(output), List.of(in.get(3)), in.subList(0, 3)));
            }
            return Graph.of(in, outputs);
        }

        /** With one axis for batch and heads, as in PyTorch's {@code bmm}. */
        private Node flattened(Node x) {
            return Ops.reshape(x, Shape.of(batch * heads, x.shape().dim(-2), x.shape().dim(-1)));
        }

        private Node unflattened(Node x) {
            return Ops.reshape(x, Shape.of(batch, heads, x.shape().dim(-2), x.shape().dim(-1)));
        }

        private Node masked(Node scores, List<Node> in) {
            Node low = Ops.fillLike(scores, -1e30);
            Node last = in.getLast();
            Node before = in.get(in.size() - 2);
            return switch (mask) {
                case NONE, TURNED -> scores;
                case ZEROS -> Ops.add(scores, triangle(dtype, 0, 0));
                case BIAS_TIMES -> Ops.mul(Ops.add(scores, last), 0.5);
                case RESHAPED -> unflattened(Ops.add(flattened(scores), last));
                case RESHAPED_SELECT -> Ops.select(last, unflattened(flattened(scores)), low);
                case CAUSAL -> Ops.select(Ops.compare(Op.CompareKind.LE, places(1), limit()), scores, low);
                case CAUSAL_HIDES -> Ops.select(Ops.compare(Op.CompareKind.LT, limit(), places(1)), low, scores);
                case CAUSAL_BIAS -> {
                    Node shown = Ops.compare(Op.CompareKind.GE, limit(), places(1));
                    Node zero = Ops.fill(new Type(dtype, shown.shape()), 0);
                    yield Ops.add(Ops.select(shown, zero, Ops.fillLike(zero, Double.NEGATIVE_INFINITY)), scores);
                }
                case TRIANGLE -> Ops.select(triangle(DType.BOOL, 0, 1), low, scores);
                case TRIANGLE_BIAS -> Ops.add(scores, triangle(dtype, 0, Double.NEGATIVE_INFINITY));
                case SELECT, ROW -> Ops.select(last, scores, low);
                case HIDES -> Ops.select(last, low, scores);
                case NOTHING -> Ops.select(Ops.binary(Op.BinaryKind.AND, before, last), scores,
                        Ops.fillLike(scores, Double.NEGATIVE_INFINITY));
                case BIAS -> Ops.add(scores, last);
                case BIASES -> Ops.add(last, Ops.add(scores, before));
                case BIAS_SELECT -> Ops.select(before, Ops.add(scores, last), low);
                case SELECT_BIAS -> Ops.add(Ops.select(before, low, scores), last);
            };
        }

        private Node places(int axis) {
            return Ops.iota(new Type(DType.INT32, Shape.of(queries, keys)), axis);
        }

        private Node limit() {
            return Ops.binary(Op.BinaryKind.ADD, places(0), keys - queries);
        }
    }

    static Stream<Case> cases() {
        return Stream.of(
                new Case(DType.FLOAT32, 2, 3, 67, 67, 16, 16, Mask.CAUSAL, 0.25, true, true),
                new Case(DType.FLOAT32, 1, 1, 16, 16, 1, 1, Mask.NONE, 1, false, true),
                new Case(DType.FLOAT32, 1, 2, 301, 523, 20, 9, Mask.NONE, 0.25, true, true),
                new Case(DType.FLOAT32, 1, 1, 300, 600, 8, 33, Mask.CAUSAL, 1, true, true),
                new Case(DType.FLOAT32, 1, 1, 40, 1031, 5, 7, Mask.CAUSAL, 0.5, false, true),
                new Case(DType.FLOAT32, 2, 2, 90, 40, 12, 12, Mask.CAUSAL, 0.5, true, true),
                new Case(DType.FLOAT32, 3, 2, 49, 263, 16, 16, Mask.SELECT, 0.25, true, true),
                new Case(DType.FLOAT32, 3, 1, 31, 290, 4, 8, Mask.ROW, 1, false, true),
                new Case(DType.FLOAT32, 2, 3, 53, 270, 16, 24, Mask.BIAS, 0.25, true, true),
                new Case(DType.FLOAT32, 9, 1, 17, 19, 128, 64, Mask.BIAS, 0.1, false, false),
                new Case(DType.FLOAT32, 2, 2, 67, 90, 8, 8, Mask.CAUSAL_HIDES, 0.25, true, true),
                new Case(DType.FLOAT32, 2, 2, 37, 37, 8, 8, Mask.CAUSAL_BIAS, 0.25, true, true),
                new Case(DType.FLOAT32, 1, 2, 67, 350, 8, 8, Mask.TRIANGLE, 0.25, true, true),
                new Case(DType.FLOAT32, 2, 2, 40, 40, 8, 8, Mask.TRIANGLE_BIAS, 0.25, true, false),
                new Case(DType.FLOAT32, 2, 2, 31, 290, 8, 8, Mask.HIDES, 0.25, false, true),
                new Case(DType.FLOAT32, 2, 2, 31, 290, 8, 8, Mask.BIASES, 0.25, true, true),
                new Case(DType.FLOAT32, 2, 2, 31, 290, 8, 8, Mask.BIAS_SELECT, 0.25, true, false),
                new Case(DType.FLOAT32, 2, 2, 31, 290, 8, 8, Mask.SELECT_BIAS, 0.25, true, false),
                new Case(DType.FLOAT64, 2, 2, 31, 40, 8, 8, Mask.SELECT_BIAS, 1, true, false),
                new Case(DType.FLOAT32, 2, 2, 31, 290, 8, 8, Mask.BIAS_TIMES, 0.25, true, false),
                new Case(DType.FLOAT64, 2, 2, 31, 40, 8, 8, Mask.BIAS_TIMES, 1, true, true),
                new Case(DType.FLOAT32, 1, 3, 31, 290, 8, 8, Mask.RESHAPED, 0.25, false, false),
                new Case(DType.FLOAT32, 2, 3, 31, 290, 8, 16, Mask.RESHAPED_SELECT, 0.25, false, false),
                new Case(DType.FLOAT32, 2, 2, 31, 40, 8, 8, Mask.ZEROS, 0.25, true, false),
                new Case(DType.FLOAT32, 2, 2, 31, 290, 8, 12, Mask.TURNED, 0.25, true, false),
                new Case(DType.FLOAT32, 2, 2, 31, 290, 8, 12, Mask.TURNED, 0.25, false, false),
                new Case(DType.FLOAT32, 30, 2, 17, 19, 8, 8, Mask.NOTHING, 0.25, true, false),
                new Case(DType.FLOAT64, 2, 2, 61, 283, 7, 5, Mask.SELECT, 0.5, true, true),
                new Case(DType.FLOAT64, 1, 2, 270, 270, 16, 16, Mask.CAUSAL, 0.25, true, true));
    }

    private static Data random(Type type, Random random) {
        Object array = type.dtype().newArray(type.shape().length());
        for (int i = 0; i < type.shape().length(); i++) {
            Scalars.setDouble(type.dtype(), array, i, type.dtype() == DType.BOOL ? random.nextInt(3) == 0 ? 0 : 1 : random.nextGaussian());
        }
        return new Data(type, array);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void agreesWithTheReferenceForAnyThreadsAndLanes(Case each) {
        Graph graph = each.graph();
        Random random = new Random(7);
        List<Data> inputs = graph.inputs().stream().map(input -> random(input.type(), random)).toList();
        List<Data> expected = new Reference().compile(graph, 0).run(inputs);
        int wide = VectorSupport.preferredBits();
        for (int bits : each.isSmall() ? List.of(wide, Math.min(wide, 128), 0) : List.of(wide)) {
            try (Pool one = new Pool(1); Pool three = new Pool(3)) {
                List<Data> alone = new JvmBackend(one, bits).compile(graph, 0).run(inputs);
                List<Data> together = new JvmBackend(three, bits).compile(graph, 0).run(inputs);
                for (int i = 0; i < expected.size(); i++) {
                    assertNear(expected.get(i), alone.get(i), bits + " bits, result " + i);
                    for (int j = 0; j < alone.get(i).length(); j++) {
                        assertEquals(alone.get(i).getDouble(j), together.get(i).getDouble(j), 0.0, "threads");
                    }
                }
            }
        }
    }

    private static void assertNear(Data expected, Data actual, String what) {
        double largest = 0;
        double error = 0;
        for (int i = 0; i < expected.length(); i++) {
            largest = Math.max(largest, Math.abs(expected.getDouble(i)));
            double difference = Math.abs(expected.getDouble(i) - actual.getDouble(i));
            error = Double.isNaN(difference) ? Double.POSITIVE_INFINITY : Math.max(error, difference);
        }
        double tolerance = expected.dtype() == DType.FLOAT64 ? 1e-13 : 2e-5;
        assertTrue(error <= tolerance * (1 + largest), what + ": error " + error + " at numbers up to " + largest);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void nothingAsLargeAsTheScoresIsWritten(Case each) {
        List<Step> steps = Lowering.lower(Passes.optimize(each.graph()), 0, new Target(45)).steps();
        List<MaskKind> kinds = steps.stream().flatMap(step -> step instanceof Step.Attend attend ? Stream.of(attend) : Stream.of())
                .map(attend -> attend.attention().scores().kind()).toList();
        assertEquals(List.of(each.kind()), kinds, () -> "" + steps.stream().map(Step::describe).toList());
        assertEquals(each.gradients ? 1 : 0, steps.stream().filter(step -> step instanceof Step.AttendGradient).count());
        assertTrue(steps.stream().flatMap(step -> step.writes().stream()).noneMatch(node -> node.dtype().isFloating()
                && node.shape().rank() >= 2 && node.shape().dim(-1) == each.keys && node.shape().dim(-2) == each.queries));
    }
}
