package dev.gamelan.ir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gamelan.shape.DType;
import dev.gamelan.shape.DTypeException;
import dev.gamelan.shape.GamelanException;
import dev.gamelan.shape.Shape;
import dev.gamelan.shape.ShapeException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** What an operation refuses, and whether the message says what was received. */
class RulesTest {

    private static final Window ONE = new Window(List.of(1), List.of(0), List.of(0), List.of(1));
    private static final Op.CallRule AGAIN = new Op.CallRule.Rematerialize();

    /** An operation that does not fit its operands, and words that the message has to have. */
    private record Mistake(Op op, List<Type> operands, Class<? extends Exception> error, String... words) {}

    private static final List<Mistake> MISTAKES = List.of(
            shape(binary(), List.of(f(2, 3), f(3, 2)), "add", "(2, 3)", "(3, 2)"),
            dtype(binary(), List.of(f(2), i(2)), "add", "FLOAT32(2,)", "INT32(2,)", "cast"),
            dtype(binary(), List.of(b(2), b(2)), "add", "numeric", "BOOL(2,)"),
            dtype(binary(), List.of(h(2), h(2)), "add", "FLOAT16(2,)", "cast it first"),
            dtype(new Op.Unary(Op.UnaryKind.EXP), List.of(i(2)), "exp", "FLOAT32 or FLOAT64", "INT32(2,)"),
            dtype(new Op.Unary(Op.UnaryKind.NOT), List.of(f(2)), "not", "FLOAT32(2,)"),
            dtype(new Op.Binary(Op.BinaryKind.POW), List.of(i(2), i(2)), "pow", "INT32(2,)"),
            dtype(new Op.Binary(Op.BinaryKind.AND), List.of(f(2), f(2)), "and", "FLOAT32(2,)"),
            dtype(new Op.Binary(Op.BinaryKind.SHL), List.of(b(2), b(2)), "shl", "BOOL(2,)"),
            dtype(new Op.Compare(Op.CompareKind.LT), List.of(b(2), b(2)), "lt", "BOOL(2,)"),
            shape(new Op.Compare(Op.CompareKind.EQ), List.of(f(2), f(3)), "eq", "(2,)", "(3,)"),
            dtype(new Op.Select(), List.of(f(2), f(2), f(2)), "where", "BOOL condition"),
            shape(new Op.Select(), List.of(b(3), f(2), f(2)), "where", "(3,)", "(2,)"),
            shape(new Op.Broadcast(Shape.of(4)), List.of(f(2)), "broadcast", "(4,)", "(2,)"),
            shape(new Op.Broadcast(Shape.of(4)), List.of(f(1, 4)), "broadcast", "(1, 4)"),
            shape(new Op.Reshape(Shape.of(4)), List.of(f(2, 3)), "6 elements", "(4,)", "(2, 3)"),
            shape(new Op.Permute(List.of(0, 0)), List.of(f(2, 3)), "permute", "[0, 0]", "(2, 3)"),
            shape(new Op.Permute(List.of(0)), List.of(f(2, 3)), "permute", "[0]"),
            shape(new Op.Slice(List.of(0), List.of(4), List.of(1)), List.of(f(3)), "slice", "limit 4", "(3,)"),
            shape(new Op.Slice(List.of(2), List.of(1), List.of(1)), List.of(f(3)), "slice", "start 2"),
            shape(new Op.Slice(List.of(0), List.of(1), List.of(0)), List.of(f(3)), "slice", "step 0"),
            shape(new Op.Slice(List.of(0), List.of(1), List.of(1)), List.of(f(3, 3)), "slice", "one entry per axis"),
            shape(new Op.Flip(List.of(2)), List.of(f(3, 3)), "axis 2", "(3, 3)"),
            shape(new Op.Pad(List.of(-1), List.of(0), List.of(0)), List.of(f(3), f()), "pad", "[-1]"),
            shape(new Op.Pad(List.of(1), List.of(0), List.of(0)), List.of(f(3), f(1)), "pad", "FLOAT32(1,)"),
            shape(new Op.Concat(0), List.of(f(2, 3), f(2, 4)), "concat", "(2, 3)", "(2, 4)"),
            dtype(new Op.Concat(0), List.of(f(2), i(2)), "concat", "INT32(2,)"),
            dtype(new Op.Gather(0), List.of(f(2), f(2)), "take", "INT32 or INT64", "FLOAT32(2,)"),
            shape(new Op.Gather(1), List.of(f(2), i(2)), "axis 1"),
            shape(new Op.ScatterAdd(0), List.of(f(5, 2), i(3), f(3)), "scatterAdd", "(3, 2)", "(3,)"),
            dtype(new Op.ScatterAdd(0), List.of(b(5), i(3), b(3)), "scatterAdd", "BOOL(5,)"),
            dtype(new Op.ArgSort(0, true), List.of(b(5)), "argsort", "BOOL(5,)"),
            shape(new Op.Reduce(Op.ReduceKind.SUM, List.of(0, 0)), List.of(f(5)), "sum", "[0, 0]"),
            shape(new Op.Reduce(Op.ReduceKind.SUM, List.of(1)), List.of(f(5)), "axis 1", "(5,)"),
            dtype(new Op.Reduce(Op.ReduceKind.SUM, List.of(0)), List.of(b(5)), "sum", "BOOL(5,)"),
            shape(new Op.ArgReduce(Op.ArgKind.MAX, 0), List.of(f(0, 2)), "argmax", "nothing to choose from", "(0, 2)"),
            dtype(new Op.CumSum(0, false), List.of(h(3)), "cumsum", "FLOAT16(3,)"),
            shape(new Op.MatMul(), List.of(f(2, 3), f(2, 3)), "inner extents", "(2, 3) x (2, 3)"),
            shape(new Op.MatMul(), List.of(f(2, 2, 3), f(3, 3, 2)), "batch extents", "(2, 2, 3) x (3, 3, 2)"),
            shape(new Op.MatMul(), List.of(f(3), f(3)), "matmul", "(3,)"),
            dtype(new Op.MatMul(), List.of(h(2, 2), h(2, 2)), "matmul", "FLOAT16(2, 2)"),
            shape(new Op.Conv(ONE, 1), List.of(f(1, 5), f(2, 1, 1)), "rank of the input", "rank 3", "(1, 5)"),
            shape(new Op.Conv(ONE, 1), List.of(f(1, 5, 2), f(2, 1)), "rank of the kernel", "(2, 1)"),
            shape(new Op.Conv(ONE, 2), List.of(f(1, 5, 3), f(2, 1, 4)), "channels", "(1, 5, 3)", "2 groups"),
            shape(new Op.Conv(ONE, 1), List.of(f(1, 2, 1), f(3, 1, 1)), "larger than the padded input", "(2,)", "(3,)"),
            dtype(new Op.Conv(ONE, 1), List.of(i(1, 5, 1), i(2, 1, 1)), "conv", "INT32(1, 5, 1)"),
            shape(new Op.ConvInputGradient(ONE, 1, Shape.of(9)), List.of(f(1, 4, 1), f(2, 1, 1)), "wrong gradient", "(1, 8, 1)",
                    "(1, 4, 1)"),
            shape(new Op.ConvKernelGradient(ONE, 1, Shape.of(2)), List.of(f(1, 5, 1), f(1, 5, 1)), "wrong gradient", "(1, 4, 1)"),
            shape(new Op.MaxPool(Shape.of(0), ONE), List.of(f(1, 5, 1)), "wrong window", "(0,)"),
            dtype(new Op.SumPool(Shape.of(2), ONE), List.of(i(1, 5, 1)), "pooling", "INT32(1, 5, 1)"),
            dtype(new Op.MaxPool(Shape.of(2), ONE), List.of(b(1, 5, 1)), "max pooling", "BOOL(1, 5, 1)"),
            shape(new Op.MaxPoolGradient(Shape.of(2), ONE), List.of(f(1, 5, 1), f(1, 5, 1)), "wrong gradient", "(1, 4, 1)"),
            shape(new Op.MaxPoolPick(Shape.of(2), ONE), List.of(f(1, 5, 1), f(1, 4, 1)), "pick", "(1, 5, 1)", "(1, 4, 1)"),
            shape(new Op.SumPoolGradient(Shape.of(2), ONE, Shape.of(5)), List.of(f(1, 5, 1)), "wrong gradient", "(1, 4, 1)"),
            shape(new Op.RandomBits(Shape.of(2)), List.of(i(3)), "not a key", "INT32(3,)"),
            shape(new Op.Iota(f(2), 1), List.of(), "axis 1"),
            dtype(new Op.Iota(b(2), 0), List.of(), "iota", "BOOL(2,)"),
            new Mistake(new Op.MatMul(), List.of(f(2, 2)), IllegalArgumentException.class, "2 operands", "FLOAT32(2, 2)"),
            new Mistake(new Op.Fill(f(2), 1.0), List.of(f(2)), IllegalArgumentException.class, "0 operands"),
            shape(new Op.Call(negation(f(2)), AGAIN), List.of(f(3)), "call", "FLOAT32(3,)", "FLOAT32(2,)"),
            shape(new Op.If(negation(f(2)), negation(f(2))), List.of(i(), f(2)), "predicate", "BOOL()"),
            shape(new Op.If(negation(f(2)), negation(f(3))), List.of(b(), f(2)), "second program", "FLOAT32(3,)"),
            shape(new Op.If(negation(f(2)), total(f(2))), List.of(b(), f(2)), "results", "FLOAT32()"),
            shape(new Op.Scan(negation(f(2)), 0, 1, 4, false), List.of(f(3, 2)), "another length", "4 along axis 0", "(3, 2)"),
            shape(new Op.Scan(negation(f(2)), 0, 1, 3, false), List.of(f(3, 4)), "body's inputs", "FLOAT32(4,)"),
            shape(new Op.Scan(total(f(2)), 1, 0, 3, false), List.of(f(2)), "carried", "FLOAT32()"));

    @TestFactory
    Stream<DynamicTest> mistakesAreExplained() {
        return MISTAKES.stream().map(m -> DynamicTest.dynamicTest(m.op() + " of " + m.operands(), () -> {
            List<Node> operands = m.operands().stream().map(type -> Ops.input(type, "x")).toList();
            Exception e = assertThrows(m.error(), () -> Node.of(m.op(), operands, Origin.UNKNOWN));
            for (String word : m.words()) {
                assertTrue(e.getMessage().contains(word), "no '" + word + "' in: " + e.getMessage());
            }
            if (e instanceof GamelanException) {
                assertTrue(e.getMessage().contains("expected") || e.getMessage().contains("received"), e.getMessage());
            }
        }));
    }

    @Test
    void operatorsNameThemselvesWhenShapesDoNotBroadcast() {
        Node a = Ops.input(f(2, 3), "a");
        Node c = Ops.input(f(4), "b");
        for (String message : List.of(assertThrows(ShapeException.class, () -> Ops.mul(a, c)).getMessage(),
                assertThrows(ShapeException.class, () -> Ops.compare(Op.CompareKind.EQ, a, c)).getMessage())) {
            assertTrue(message.contains("do not broadcast") && message.contains("(2, 3) and (4,)"), message);
        }
        assertTrue(assertThrows(ShapeException.class, () -> Ops.mul(a, c)).getMessage().startsWith("mul"));
    }

    @Test
    void resultsOfLoops() {
        Graph body = negation(f(2));
        assertEquals(List.of(f(0, 2)), Node.of(new Op.Scan(body, 0, 1, 0, false), Ops.input(f(0, 2), "x")).types());
        assertEquals(List.of(f(2)), Node.of(new Op.Scan(body, 1, 0, 5, true), Ops.input(f(2), "x")).types());
    }

    private static Op binary() {
        return new Op.Binary(Op.BinaryKind.ADD);
    }

    private static Graph negation(Type type) {
        Node p = Ops.input(type, "p");
        return Graph.of(List.of(p), List.of(Ops.neg(p)));
    }

    private static Graph total(Type type) {
        Node p = Ops.input(type, "p");
        return Graph.of(List.of(p), List.of(Ops.sum(p, 0)));
    }

    private static Mistake shape(Op op, List<Type> operands, String... words) {
        return new Mistake(op, operands, ShapeException.class, words);
    }

    private static Mistake dtype(Op op, List<Type> operands, String... words) {
        return new Mistake(op, operands, DTypeException.class, words);
    }

    private static Type f(int... dims) {
        return new Type(DType.FLOAT32, Shape.of(dims));
    }

    private static Type h(int... dims) {
        return new Type(DType.FLOAT16, Shape.of(dims));
    }

    private static Type i(int... dims) {
        return new Type(DType.INT32, Shape.of(dims));
    }

    private static Type b(int... dims) {
        return new Type(DType.BOOL, Shape.of(dims));
    }
}
