package dev.gamelan.codegen;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gamelan.codegen.reference.Reference;
import dev.gamelan.grad.Gradients;
import dev.gamelan.ir.Data;
import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Op.UnaryKind;
import dev.gamelan.ir.Ops;
import dev.gamelan.ir.Scalars;
import dev.gamelan.ir.Type;
import dev.gamelan.pass.FewerRows;
import dev.gamelan.pass.Passes;
import dev.gamelan.runtime.Pool;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Recurrences whose rows are cut into blocks, against the reference and for any number of threads. */
final class RowBlocksTest {

    private enum Cell {
        /** h' = tanh(x w + h u), the product with x within the loop. */
        SIMPLE,
        LSTM,
        GRU,
        /** A simple cell that stops where a sequence ends: a captured value for each row, and a number for each step. */
        ENDING,
        /** A simple cell whose state is normalized row by row. */
        NORMALIZED
    }

    private record Case(Cell cell, DType dtype, int rows, int units, int steps, boolean reverse, boolean gradients) {

        private Node input(String name, int... dims) {
            return Ops.input(new Type(dtype, Shape.of(dims)), name);
        }

        private int gates() {
            return switch (cell) {
                case LSTM -> 4;
                case GRU -> 3;
                case SIMPLE, ENDING, NORMALIZED -> 1;
            };
        }

        Op.Scan scan() {
            int n = gates() * units;
            Node h = input("h", rows, units);
            Node c = input("c", rows, units);
            Node x = input("x", rows, cell == Cell.SIMPLE ? units : n);
            Node u = input("u", units, n);
            Node w = input("w", units, n);
            Node bias = input("bias", units);
            Node ends = Ops.input(new Type(DType.INT32, Shape.of(rows, 1)), "ends");
            Node time = Ops.input(new Type(DType.INT32, Shape.SCALAR), "time");
            Node product = Ops.matmul(h, u);
            return switch (cell) {
                case SIMPLE -> {
                    Node next = tanh(Ops.add(Ops.matmul(x, w), product));
                    yield scan(List.of(h, x, w, u), List.of(next, next), 1);
                }
                case LSTM -> {
                    Node all = Ops.add(x, product);
                    Node cell = Ops.add(Ops.mul(sigmoid(part(all, 1)), c), Ops.mul(sigmoid(part(all, 0)), tanh(part(all, 2))));
                    Node next = Ops.mul(sigmoid(part(all, 3)), tanh(cell));
                    yield scan(List.of(h, c, x, u), List.of(next, cell, next), 1);
                }
                case GRU -> {
                    Node reset = sigmoid(Ops.add(part(x, 0), part(product, 0)));
                    Node update = sigmoid(Ops.add(part(x, 1), part(product, 1)));
                    Node candidate = tanh(Ops.add(part(x, 2), Ops.mul(reset, Ops.add(part(product, 2), bias))));
                    Node next = Ops.add(candidate, Ops.mul(update, Ops.sub(h, candidate)));
                    yield scan(List.of(h, x, u, bias), List.of(next, next), 1);
                }
                case ENDING -> {
                    Node inside = Ops.compare(Op.CompareKind.LT, Ops.broadcast(time, ends.shape()), ends);
                    Node next = Ops.select(inside, tanh(Ops.add(x, product)), h);
                    yield scan(List.of(h, x, time, u, ends), List.of(next, Ops.select(inside, next, Ops.fillLike(next, 0))), 2);
                }
                case NORMALIZED -> {
                    Node sum = Ops.add(x, product);
                    Node mean = Ops.mul(Ops.reshape(Ops.sum(sum, 1), Shape.of(rows, 1)), 1.0 / units);
                    Node next = tanh(Ops.sub(sum, mean));
                    yield scan(List.of(h, x, u), List.of(next, next), 1);
                }
            };
        }

        private Op.Scan scan(List<Node> inputs, List<Node> outputs, int sequences) {
            return new Op.Scan(Graph.of(inputs, outputs), cell == Cell.LSTM ? 2 : 1, sequences, steps, reverse);
        }

        private Node part(Node gates, int i) {
            return Ops.slice(gates, 1, i * units, (i + 1) * units);
        }

        Graph graph() {
            Op.Scan scan = scan();
            List<Node> inputs = new ArrayList<>();
            for (int i = 0; i < scan.body().inputs().size(); i++) {
                Type type = scan.body().inputs().get(i).type();
                boolean sequence = i >= scan.carries() && i < scan.carries() + scan.sequences();
                inputs.add(Ops.input(sequence ? type.with(Shape.of(steps).concat(type.shape())) : type, "input"));
            }
            Node loop = Node.of(scan, inputs.toArray(Node[]::new));
            List<Node> outputs = new ArrayList<>(IntStream.range(0, loop.types().size()).mapToObj(i -> Ops.get(loop, i)).toList());
            if (gradients) {
                Node loss = Ops.mul(outputs.getLast(), outputs.getLast());
                List<Node> floating = inputs.stream().filter(input -> input.dtype() == dtype).toList();
                outputs.addAll(Gradients.of(List.of(loss), List.of(Ops.fillLike(loss, 1)), floating));
            }
            return Graph.of(inputs, outputs);
        }

        private static Node tanh(Node x) {
            return Ops.unary(UnaryKind.TANH, x);
        }

        private static Node sigmoid(Node x) {
            return Ops.unary(UnaryKind.SIGMOID, x);
        }
    }

    static Stream<Case> cases() {
        return Stream.of(
                new Case(Cell.SIMPLE, DType.FLOAT32, 5, 48, 20, false, true),
                new Case(Cell.SIMPLE, DType.FLOAT64, 2, 33, 60, true, true),
                new Case(Cell.LSTM, DType.FLOAT32, 7, 33, 20, false, true),
                new Case(Cell.LSTM, DType.FLOAT32, 37, 20, 9, true, true),
                new Case(Cell.LSTM, DType.FLOAT32, 64, 8, 12, false, false),
                new Case(Cell.LSTM, DType.FLOAT64, 3, 40, 30, false, true),
                new Case(Cell.GRU, DType.FLOAT32, 13, 31, 12, false, true),
                new Case(Cell.GRU, DType.FLOAT64, 27, 16, 25, true, true),
                new Case(Cell.ENDING, DType.FLOAT32, 12, 47, 15, false, true),
                new Case(Cell.NORMALIZED, DType.FLOAT32, 17, 50, 12, false, true),
                new Case(Cell.NORMALIZED, DType.FLOAT32, 3, 129, 12, false, false));
    }

    private static Data random(Type type, Random random) {
        Object array = type.dtype().newArray(type.shape().length());
        for (int i = 0; i < type.shape().length(); i++) {
            Scalars.setDouble(type.dtype(), array, i, type.dtype() == DType.INT32 ? random.nextInt(12) : 0.1 * random.nextGaussian());
        }
        return new Data(type, array);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void agreeWithTheReferenceForAnyThreads(Case each) {
        Graph graph = each.graph();
        Random random = new Random(7);
        List<Data> inputs = graph.inputs().stream().map(input -> random(input.type(), random)).toList();
        List<Data> expected = new Reference().compile(graph, 0).run(inputs);
        int wide = VectorSupport.preferredBits();
        for (int bits : List.of(wide, 0)) {
            try (Pool one = new Pool(1); Pool two = new Pool(2); Pool five = new Pool(5)) {
                List<Data> alone = new JvmBackend(one, bits).compile(graph, 0).run(inputs);
                for (int i = 0; i < expected.size(); i++) {
                    assertNear(expected.get(i), alone.get(i), bits + " bits, result " + i);
                }
                for (Pool pool : List.of(two, five)) {
                    var program = new JvmBackend(pool, bits).compile(graph, 0);
                    assertSame(alone, program.run(inputs), pool.workers() + " threads");
                    Kernels.assumeCompiled();
                    assertSame(alone, program.run(inputs), pool.workers() + " threads at the same time");
                }
            }
        }
    }

    private static void assertSame(List<Data> expected, List<Data> actual, String what) {
        for (int i = 0; i < expected.size(); i++) {
            for (int j = 0; j < expected.get(i).length(); j++) {
                assertEquals(expected.get(i).getDouble(j), actual.get(i).getDouble(j), 0.0, what + ", result " + i);
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
        double tolerance = expected.dtype() == DType.FLOAT64 ? 1e-12 : 2e-5;
        assertTrue(error <= tolerance * (1 + largest), what + ": error " + error + " at numbers up to " + largest);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void allLoopsAreCut(Case each) {
        List<Op.Scan> scans = Passes.optimize(each.graph()).nodes().stream().map(Node::op).filter(Op.Scan.class::isInstance)
                .map(Op.Scan.class::cast).toList();
        assertEquals(each.gradients ? 2 : 1, scans.size());
        for (Op.Scan scan : scans) {
            List<ScanLoop.Rows> blocks = RowBlocks.of(scan, 2);
            assertEquals(2, blocks.size(), scan.toString());
            blocks.forEach(rows -> assertTrue(FewerRows.of(scan, rows.to() - rows.from()).isPresent(), scan.toString()));
        }
    }
}
