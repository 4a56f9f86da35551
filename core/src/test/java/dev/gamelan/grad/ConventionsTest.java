package dev.gamelan.grad;

import static dev.gamelan.grad.DerivativeCase.numbers;
import static dev.gamelan.grad.ProgramCases.type;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gamelan.ir.Data;
import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Ops;
import dev.gamelan.ir.Type;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import dev.gamelan.shape.ShapeException;
import java.util.List;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** What holds where derivatives do not exist, and at the edges of the contract. */
class ConventionsTest {

    /** The gradients of the sum of a program's result. */
    private static List<double[]> gradients(Function<List<Node>, Node> program, double[]... at) {
        List<Data> values = java.util.Arrays.stream(at).map(x -> numbers(x, x.length)).toList();
        List<Node> x = values.stream().map(data -> Ops.input(data.type(), "x")).toList();
        Node y = program.apply(x);
        return Evaluation.run(x, Gradients.of(List.of(y), List.of(Ops.fillLike(y, 1)), x), values).stream()
                .map(data -> (double[]) data.array()).toList();
    }

    private static void assertGradient(double[] expected, Function<Node, Node> program, double... at) {
        assertArrayEquals(expected, gradients(x -> program.apply(x.getFirst()), at).getFirst());
    }

    @Test
    void kinksAtZeroAreFlat() {
        assertGradient(new double[] {0, 0, 1}, x -> Ops.unary(Op.UnaryKind.RELU, x), -1, 0, 1);
        assertGradient(new double[] {-1, 0, 1}, x -> Ops.unary(Op.UnaryKind.ABS, x), -1, 0, 1);
    }

    @Test
    void equalsShareTheGradientOfTheExtreme() {
        double[] same = {2, 3};
        for (Op.BinaryKind kind : List.of(Op.BinaryKind.MAX, Op.BinaryKind.MIN)) {
            gradients(x -> Ops.binary(kind, x.get(0), x.get(1)), same, same).forEach(g -> assertArrayEquals(new double[] {0.5, 0.5}, g));
        }
        assertGradient(new double[] {0.5, 0, 0.5}, x -> Ops.reduce(Op.ReduceKind.MAX, x, 0), 7, 2, 7);
    }

    @Test
    void powersOfZero() {
        double[] base = {0, 0, 0, 0};
        double[] exponent = {0, 1, 2, 3};
        List<double[]> g = gradients(x -> Ops.binary(Op.BinaryKind.POW, x.get(0), x.get(1)), base, exponent);
        assertArrayEquals(new double[] {0, 1, 0, 0}, g.get(0));
        assertArrayEquals(new double[] {0, 0, 0, 0}, g.get(1));
    }

    @Test
    void negativeBasesHaveGradientsForWholeExponents() {
        double[] g = gradients(x -> Ops.binary(Op.BinaryKind.POW, x.get(0), x.get(1)), new double[] {-2, -2}, new double[] {3, -1})
                .getFirst();
        assertArrayEquals(new double[] {12, -0.25}, g);
    }

    @Test
    void whatSelectDidNotTakeDoesNotCount() {
        assertGradient(new double[] {0, 0.25}, x -> Ops.select(Ops.compare(Op.CompareKind.GT, x, 0),
                Ops.unary(Op.UnaryKind.SQRT, Ops.select(Ops.compare(Op.CompareKind.GT, x, 0), x, Ops.fillLike(x, 1))), Ops.fillLike(x, 0)),
                -1, 4);
        List<double[]> g = gradients(x -> Ops.select(Ops.compare(Op.CompareKind.GT, x.get(0), 0), Ops.mul(x.get(0), 1e308), x.get(0)),
                new double[] {-1});
        assertArrayEquals(new double[] {1}, g.getFirst());
    }

    @Test
    void productsWithZeros() {
        assertGradient(new double[] {6, 0, 0}, x -> Ops.reduce(Op.ReduceKind.PROD, x, 0), 0, 2, 3);
        assertGradient(new double[] {0, 0, 0}, x -> Ops.reduce(Op.ReduceKind.PROD, x, 0), 0, 0, 3);
    }

    @Test
    void whatDoesNotDependHasZeros() {
        Node x = Ops.input(type(2), "x");
        Node other = Ops.input(new Type(DType.INT32, Shape.of(3)), "i");
        List<Node> g = Gradients.of(List.of(Ops.fillLike(x, 1)), List.of(x), List.of(x, other));
        assertEquals(List.of(x.type(), other.type()), g.stream().map(Node::type).toList());
        assertTrue(g.stream().allMatch(node -> node.op() instanceof Op.Fill));
        assertTrue(Tangents.of(List.of(other), List.of(x), List.of(x)).getFirst().op() instanceof Op.Fill);
    }

    @Test
    void gradientsWithRespectToInnerNodes() {
        Node x = Ops.input(type(), "x");
        Node y = Ops.mul(x, 3);
        Node z = Ops.mul(y, y);
        List<Data> g = Evaluation.run(List.of(x), Gradients.of(List.of(z), List.of(Ops.fillLike(z, 1)), List.of(y, x)),
                List.of(numbers(new double[] {2})));
        assertEquals(12, g.get(0).getDouble(0));
        assertEquals(36, g.get(1).getDouble(0));
    }

    /** Parameters stored in 16 bits: gradients add up in 32 and have the parameter's type in the end. */
    @Test
    void storageTypesGetGradientsOfTheirType() {
        Node x = Ops.input(new Type(DType.BFLOAT16, Shape.of(2)), "x");
        Node y = Ops.cast(Ops.broadcast(x, Shape.of(300, 2)), DType.FLOAT32);
        Node g = Gradients.of(List.of(y), List.of(Ops.fillLike(y, 1)), List.of(x)).getFirst();
        assertEquals(x.type(), g.type());
        Data result = Evaluation.run(List.of(x), List.of(g), List.of(new Data(x.type(), new short[2]))).getFirst();
        assertEquals(300, result.getDouble(0));
        Node t = Tangents.of(List.of(y), List.of(x), List.of(Ops.fillLike(x, 1))).getFirst();
        assertEquals(y.type(), t.type());
    }

    @Test
    void recomputationWaitsForTheGradient() {
        Node x = Ops.input(type(2), "x");
        Graph body = ProgramCases.graph(in -> List.of(Ops.unary(Op.UnaryKind.TANH, Ops.unary(Op.UnaryKind.EXP, in.getFirst()))), type(2));
        Node y = Ops.get(Node.of(new Op.Call(body, new Op.CallRule.Rematerialize()), x), 0);
        Graph backward = Graph.of(List.of(x), Gradients.of(List.of(y), List.of(Ops.mul(y, 2)), List.of(x)));
        Node again = backward.nodes().stream()
                .filter(node -> backward.op(node) instanceof Op.Unary(Op.UnaryKind kind) && kind == Op.UnaryKind.EXP)
                .findFirst().orElseThrow();
        Node barrier = backward.operands(again).getFirst();
        assertTrue(backward.op(barrier) instanceof Op.Barrier);
        assertSame(x, backward.operands(barrier).getFirst());
    }

    /** A gradient passed straight through a rounding: forward mode follows the user's rule too. */
    @Test
    void customGradientsHoldInBothModes() {
        Graph body = ProgramCases.graph(in -> List.of(Ops.unary(Op.UnaryKind.ROUND, in.getFirst())), type(2));
        UnaryOperator<List<Node>> straightThrough = all -> List.of(Ops.mul(all.get(2), 3));
        Node x = Ops.input(type(2), "x");
        Node y = Ops.get(Node.of(new Op.Call(body, new Op.CallRule.Custom(straightThrough)), x), 0);
        List<Node> both = List.of(Gradients.of(List.of(y), List.of(Ops.fillLike(y, 1)), List.of(x)).getFirst(),
                Tangents.of(List.of(y), List.of(x), List.of(Ops.fillLike(x, 1))).getFirst());
        Evaluation.run(List.of(x), both, List.of(numbers(new double[] {0.3, 1.7}, 2)))
                .forEach(data -> assertArrayEquals(new double[] {3, 3}, (double[]) data.array()));
    }

    @Test
    void aCustomGradientOfTheWrongTypeIsRefused() {
        Graph body = ProgramCases.graph(in -> List.of(Ops.sum(in.getFirst(), 0)), type(2));
        Node x = Ops.input(type(2), "x");
        Node y = Ops.get(Node.of(new Op.Call(body, new Op.CallRule.Custom(all -> List.of(all.get(2)))), x), 0);
        ShapeException e = assertThrows(ShapeException.class, () -> Gradients.of(List.of(y), List.of(Ops.fillLike(y, 1)), List.of(x)));
        assertTrue(e.getMessage().contains("FLOAT64(2,)"), e.getMessage());
    }

    @Test
    void wrongTypesAreRefused() {
        Node x = Ops.input(type(2), "x");
        assertThrows(ShapeException.class, () -> Gradients.of(List.of(x), List.of(Ops.sum(x, 0)), List.of(x)));
        assertThrows(ShapeException.class, () -> Tangents.of(List.of(x), List.of(x), List.of(Ops.sum(x, 0))));
        ShapeException e = assertThrows(ShapeException.class, () -> Batching.of(List.of(x), List.of(x), List.of(x), 3));
        assertTrue(e.getMessage().contains("FLOAT64(3, 2)"), e.getMessage());
    }

    @Test
    void noExamplesAtAll() {
        Node x = Ops.input(type(2), "x");
        Node batch = Ops.input(type(0, 2), "batch");
        Node result = Batching.of(List.of(Ops.sum(x, 0)), List.of(x), List.of(batch), 0).getFirst();
        assertEquals(type(0), result.type());
    }

    @Test
    void deepProgramsDoNotOverflowTheStack() {
        Node x = Ops.input(type(2), "x");
        Node y = x;
        for (int i = 0; i < 20_000; i++) {
            y = Ops.unary(Op.UnaryKind.SIN, y);
        }
        assertEquals(x.type(), Gradients.of(List.of(y), List.of(x), List.of(x)).getFirst().type());
        assertEquals(x.type(), Tangents.of(List.of(y), List.of(x), List.of(x)).getFirst().type());
        assertEquals(type(3, 2), Batching.of(List.of(y), List.of(x), List.of(Ops.input(type(3, 2), "b")), 3).getFirst().type());
    }
}
