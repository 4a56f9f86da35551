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
        NONE, CAUSAL, SELECT, ROW, BIAS
    }

    /** @param merged whether heads lie beside each other, as between linear layers */
    private record Case(DType dtype, int batch, int heads, int queries, int keys, int depth, int width, Mask mask, double scale,
            boolean merged, boolean gradients) {

        /** Whether kernels that HotSpot has not compiled yet are soon through. */
        boolean isSmall() {
            return batch * heads * queries * keys <= 50_000;
        }

        List<Node> inputs() {
            List<Node> inputs = new ArrayList<>(List.of(input("q", queries, depth), input("k", keys, depth), input("v", keys, width),
                    input("g", queries, width)));
            switch (mask) {
                case SELECT -> inputs.add(Ops.input(new Type(DType.BOOL, Shape.of(batch, 1, queries, keys)), "mask"));
                case ROW -> inputs.add(Ops.input(new Type(DType.BOOL, Shape.of(batch, 1, 1, keys)), "mask"));
                case BIAS -> inputs.add(Ops.input(new Type(dtype, Shape.of(heads, queries, keys)), "bias"));
                case NONE, CAUSAL -> {}
            }
            return inputs;
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
            Node scores = Ops.matmul(split(in.get(0)), Ops.transpose(split(in.get(1))));
            Node exponents = masked(scale == 1 ? scores : Ops.mul(scores, scale), in.getLast());
            Shape kept = exponents.shape().with(-1, 1);
            Node max = Node.of(new Op.StopGradient(), Ops.reshape(Ops.reduce(Op.ReduceKind.MAX, exponents, 3), kept));
            Node exp = Ops.unary(Op.UnaryKind.EXP, Ops.sub(exponents, max));
            Node output = joined(Ops.matmul(Ops.div(exp, Ops.reshape(Ops.sum(exp, 3), kept)), split(in.get(2))));
            List<Node> outputs = new ArrayList<>(List.of(output));
            if (gradients) {
                outputs.addAll(Gradients.of(List.of(output), List.of(in.get(3)), in.subList(0, 3)));
            }
            return Graph.of(in, outputs);
        }

        private Node masked(Node scores, Node extra) {
            return switch (mask) {
                case NONE -> scores;
                case CAUSAL -> {
                    Type type = new Type(DType.INT32, Shape.of(queries, keys));
                    Node limit = Ops.binary(Op.BinaryKind.ADD, Ops.iota(type, 0), keys - queries);
                    yield Ops.select(Ops.compare(Op.CompareKind.LE, Ops.iota(type, 1), limit), scores, Ops.fillLike(scores, -1e30));
                }
                case SELECT, ROW -> Ops.select(extra, scores, Ops.fillLike(scores, -1e30));
                case BIAS -> Ops.add(scores, extra);
            };
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
        assertEquals(1, steps.stream().filter(step -> step instanceof Step.Attend).count(), steps.toString());
        assertEquals(each.gradients ? 1 : 0, steps.stream().filter(step -> step instanceof Step.AttendGradient).count());
        assertTrue(steps.stream().flatMap(step -> step.writes().stream()).noneMatch(node -> node.dtype().isFloating()
                && node.shape().rank() >= 2 && node.shape().dim(-1) == each.keys && node.shape().dim(-2) == each.queries));
    }
}
