package dev.gamelan.pass;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.gamelan.codegen.JvmBackend;
import dev.gamelan.codegen.reference.Reference;
import dev.gamelan.ir.Data;
import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Ops;
import dev.gamelan.ir.Type;
import dev.gamelan.ir.Verifier;
import dev.gamelan.runtime.Backend;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.BinaryOperator;
import org.junit.jupiter.api.Test;

class SparseUpdatesTest {

    private static final Shape TABLE = Shape.of(5000, 16);
    private static final Type NUMBER = new Type(DType.FLOAT32, Shape.SCALAR);

    private final Node table = Ops.input(new Type(DType.FLOAT32, TABLE), "table");
    private final Node ids = Ops.input(new Type(DType.INT32, Shape.of(20, 30)), "ids");
    private final Node updates = Ops.input(new Type(DType.FLOAT32, Shape.of(20, 30, 16)), "updates");
    private final Node rate = Ops.input(NUMBER, "rate");
    private final Node gradient = Node.of(new Op.ScatterAdd(0), Ops.fill(table.type(), 0), ids, updates);

    private static Node isFinite(Node x) {
        return Ops.compare(Op.CompareKind.LT, Ops.unary(Op.UnaryKind.ABS, x), Double.POSITIVE_INFINITY);
    }

    private Node moved() {
        return Ops.add(table, Ops.mul(gradient, Ops.broadcast(rate, TABLE)));
    }

    private Node guarded() {
        Node number = Ops.compare(Op.CompareKind.LT, rate, 100);
        Node good = Ops.binary(Op.BinaryKind.AND, isFinite(moved()), Ops.broadcast(number, TABLE));
        return Ops.select(good, moved(), table);
    }

    /** With rows that occur many times, and some that overflow. */
    private List<Data> values(float factor, float largest) {
        Random random = new Random(3);
        int[] places = random.ints(600, 0, 5000).toArray();
        for (int i = 0; i < 300; i++) {
            places[random.nextInt(600)] = 17 + random.nextInt(5);
        }
        float[] weights = new float[TABLE.length()];
        float[] numbers = new float[600 * 16];
        for (int i = 0; i < weights.length; i++) {
            weights[i] = random.nextFloat() - 0.5f;
        }
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = random.nextInt(100) == 0 ? largest : random.nextFloat() - 0.5f;
        }
        return List.of(new Data(table.type(), weights), new Data(ids.type(), places), new Data(updates.type(), numbers),
                new Data(rate.type(), new float[] {factor}));
    }

    private Graph graph(Node... outputs) {
        return Graph.of(List.of(table, ids, updates, rate), List.of(outputs));
    }

    private static long tables(Graph graph) {
        return graph.nodes().stream()
                .filter(node -> graph.op(node) instanceof Op.ScatterAdd && graph.operands(node).getFirst().op() instanceof Op.Fill
                        && node.shape().equals(TABLE))
                .count();
    }

    /** Bit by bit, but for the sign of zero: beside a program whose result is the gradient, which keeps all as it is. */
    private void check(long left, List<Data> values, Node... outputs) {
        Graph graph = new CommonSubexpressions().apply(graph(outputs));
        Graph sparse = Verifier.verify(new SparseUpdates().apply(graph));
        assertEquals(left, tables(sparse));
        List<Node> all = new ArrayList<>(List.of(outputs));
        all.add(gradient);
        for (Backend backend : List.of(new Reference(), new JvmBackend())) {
            List<Data> expected = backend.compile(graph(all.toArray(Node[]::new))).run(values);
            List<Data> found = backend.compile(sparse).run(values);
            for (int i = 0; i < outputs.length; i++) {
                switch (expected.get(i).array()) {
                    case float[] floats -> {
                        float[] other = (float[]) found.get(i).array();
                        for (int j = 0; j < floats.length; j++) {
                            assertEquals(floats[j] + 0f, other[j] + 0f, backend.name() + " at " + j);
                        }
                    }
                    case boolean[] truths -> assertArrayEquals(truths, (boolean[]) found.get(i).array());
                    case byte[] truths -> assertArrayEquals(truths, (byte[]) found.get(i).array());
                    default -> throw new AssertionError(expected.get(i));
                }
            }
        }
    }

    @Test
    void addsWhatAFiniteMultipleAdds() {
        check(0, values(1, 3), Ops.add(table, Ops.mul(gradient, -0.1)));
        check(0, values(1, 3), Ops.add(Ops.neg(Ops.mul(gradient, 0.3)), table));
        check(0, values(1, Float.POSITIVE_INFINITY), Ops.add(table, gradient));
    }

    @Test
    void keepsWhatAConditionKeeps() {
        for (float factor : new float[] {-0.1f, 3e38f, 1000, Float.NaN, Float.NEGATIVE_INFINITY}) {
            check(0, values(factor, 1e10f), guarded(), Ops.reduce(Op.ReduceKind.MIN, isFinite(gradient), 0, 1));
        }
        check(0, values(-0.1f, Float.NaN), guarded(), Ops.reduce(Op.ReduceKind.MIN, isFinite(gradient), 0, 1));
    }

    /** Of a table that is used in two places. */
    @Test
    void addsWhatASumOfGradientsAdds() {
        Node few = Ops.slice(Ops.reshape(ids, Shape.of(600)), 0, 200, 300);
        Node other = Node.of(new Op.ScatterAdd(0), Ops.fill(table.type(), 0), few,
                Ops.slice(Ops.reshape(updates, Shape.of(600, 16)), 0, 50, 150));
        check(0, values(1, 3), Ops.add(table, Ops.mul(Ops.add(gradient, other), -0.1)));
        check(2, values(1, 3), Ops.add(table, Ops.mul(Ops.add(gradient, other), -0.1)), Ops.add(Ops.sum(other, 0), Ops.sum(gradient, 0)));
    }

    @Test
    void leavesOtherUsesAlone() {
        BinaryOperator<Node> times = Ops::mul;
        check(1, values(-0.1f, 3), moved());
        check(1, values(-0.1f, 3), Ops.add(table, Ops.mul(gradient, -0.1)), Ops.sum(times.apply(gradient, gradient), 0, 1));
        check(1, values(-0.1f, 3), guarded(), moved());
        check(1, values(-0.1f, 3), Ops.add(table, Ops.mul(gradient, -0.1)), gradient);
        check(1, values(-0.1f, 3), Ops.add(Ops.mul(table, 0.9), gradient));
    }
}
