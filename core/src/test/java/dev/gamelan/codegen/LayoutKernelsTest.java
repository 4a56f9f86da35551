package dev.gamelan.codegen;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gamelan.codegen.reference.Reference;
import dev.gamelan.ir.Data;
import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Ops;
import dev.gamelan.ir.Type;
import dev.gamelan.ir.Window;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** Copies, short innermost loops and scattered reductions, large enough for the ways that small ones do not take. */
class LayoutKernelsTest {

    private static Node input(DType dtype, int... dims) {
        return Ops.input(new Type(dtype, Shape.of(dims)), "x");
    }

    private static Data random(Type type, Random random) {
        Object array = type.dtype().newArray(type.shape().length());
        for (int i = 0; i < type.shape().length(); i++) {
            dev.gamelan.ir.Scalars.setDouble(type.dtype(), array, i,
                    type.dtype() == DType.BOOL ? random.nextInt(2) : random.nextInt(100) + random.nextInt(64) / 64.0);
        }
        return new Data(type, array);
    }

    private static void check(Node result, Node... inputs) {
        Graph graph = Graph.of(List.of(inputs), List.of(result));
        Random random = new Random(1);
        List<Data> values = new ArrayList<>();
        for (Node input : inputs) {
            values.add(random(input.type(), random));
        }
        var executable = new JvmBackend().compile(graph);
        Kernels.assumeCompiled();
        Data received = executable.run(values).getFirst();
        Data expected = new Reference().compile(graph).run(values).getFirst();
        assertEquals(expected.type(), received.type());
        for (int i = 0; i < expected.length(); i++) {
            double want = expected.getDouble(i);
            assertTrue(Math.abs(received.getDouble(i) - want) <= 1e-5 * Math.max(1, Math.abs(want)),
                    result.type() + " at " + i + ": expected " + want + ", received " + received.getDouble(i));
        }
    }

    private static void checkAllTypes(Function<Node, Node> layout, int... dims) {
        for (DType dtype : DType.values()) {
            Node x = input(dtype, dims);
            check(layout.apply(x), x);
        }
    }

    @Test
    void transposition() {
        checkAllTypes(x -> Ops.permute(x, 1, 0), 131, 77);
        checkAllTypes(x -> Ops.permute(x, 1, 0), 1025, 3);
        checkAllTypes(x -> Ops.permute(x, 1, 0), 3, 1025);
        checkAllTypes(x -> Ops.permute(x, 2, 0, 1), 5, 33, 41);
        checkAllTypes(x -> Ops.permute(x, 3, 1, 2, 0), 6, 7, 8, 9);
        checkAllTypes(x -> Ops.permute(x, 0, 2, 1), 300, 5, 7);
        checkAllTypes(x -> Ops.permute(x, 0, 2, 1, 3), 4, 5, 6, 300);
        checkAllTypes(x -> Ops.permute(x, 0, 2, 1, 3), 4, 5, 6, 7);
    }

    /** With the kernel that needs to be compiled first, also where the last squares lie over others. */
    @Test
    void transpositionOfSquares() {
        for (DType dtype : List.of(DType.FLOAT32, DType.FLOAT64)) {
            ElementType type = LoopTypes.of(dtype);
            TransposeKernel.of(type, Lanes.preferred(type)).await();
            for (int[] dims : new int[][] {{16, 16}, {17, 40}, {131, 77}, {16, 1025}, {300, 31}, {2000, 24}, {1025, 64}}) {
                Node x = input(dtype, dims);
                check(Ops.permute(x, 1, 0), x);
            }
            Node x = input(dtype, 2, 33, 5, 19);
            check(Ops.permute(x, 0, 3, 2, 1), x);
        }
    }

    @Test
    void partsAndRepetitions() {
        checkAllTypes(x -> Ops.slice(x, 0, 1, 60, 3), 61, 300);
        checkAllTypes(x -> Ops.permute(Ops.slice(x, 1, 1, 60, 3), 1, 0), 90, 61);
        checkAllTypes(x -> Ops.flip(Ops.permute(x, 1, 0), 0, 1), 90, 61);
        checkAllTypes(x -> Ops.broadcast(Ops.reshape(x, Shape.of(40, 50, 1)), Shape.of(40, 50, 3)), 40, 50);
        checkAllTypes(x -> Ops.reshape(Ops.broadcast(Ops.reshape(x, Shape.of(1, 40, 1, 50)), Shape.of(3, 40, 2, 50)), Shape.of(120, 100)),
                40, 50);
    }

    @Test
    void paddingAndConcatenation() {
        for (int[] amounts : new int[][] {{1, 2, 0}, {0, 3, 0}, {1, 0, 2}, {40, 50, 0}}) {
            checkAllTypes(x -> Node.of(new Op.Pad(List.of(amounts[0], 0), List.of(amounts[1], 2), List.of(amounts[2], 0)),
                    List.of(x, Ops.scalar(x.dtype(), 1)), x.origin()), 30, 70);
        }
        Node a = input(DType.FLOAT32, 33, 300);
        Node b = input(DType.FLOAT32, 33, 5);
        check(Node.of(new Op.Concat(1), List.of(a, b), a.origin()), a, b);
        Node turned = input(DType.FLOAT32, 40, 33);
        check(Node.of(new Op.Concat(1), List.of(a, Ops.permute(turned, 1, 0)), a.origin()), a, turned);
    }

    /** What kernels store right in a concatenation, behind convolutions, along rows and element by element, beside what is copied. */
    @Test
    void concatenationOfWhatIsComputed() {
        Node x = input(DType.FLOAT32, 2, 5, 6, 3);
        Node w = input(DType.FLOAT32, 3, 3, 3, 40);
        Window same = new Window(List.of(1, 1), List.of(1, 1), List.of(1, 1), List.of(1, 1));
        Node relu = Ops.unary(Op.UnaryKind.RELU, Node.of(new Op.Conv(same, 1), x, w));
        Node y = input(DType.FLOAT32, 2, 5, 6, 33);
        Node mean = Ops.reshape(Ops.sum(y, 3), Shape.of(2, 5, 6, 1));
        Node share = Ops.div(y, Ops.add(mean, Ops.scalar(DType.FLOAT32, 1)));
        check(Node.of(new Op.Concat(3), relu, y, share, Ops.mul(y, y)), x, w, y);
        check(Ops.permute(Node.of(new Op.Concat(3), relu, share), 3, 0, 1, 2), x, w, y);
        for (int axis = 0; axis < 3; axis++) {
            check(Node.of(new Op.Concat(axis), share, Ops.mul(y, y), y, Ops.neg(Ops.mul(y, mean))), y);
        }
        Node inner = Node.of(new Op.Concat(3), relu, Ops.mul(y, y));
        check(Ops.add(Node.of(new Op.Concat(3), share, inner), Ops.scalar(DType.FLOAT32, 1)), x, w, y);
    }

    /** A small operand that repeats along an outer axis, and one that repeats along the inner one. */
    @Test
    void shortInnerLoops() {
        for (int width : new int[] {1, 2, 3, 10, 31}) {
            for (int rows : new int[] {9000, 9001, 8192}) {
                Shape shape = Shape.of(rows, width);
                Node x = input(DType.FLOAT32, rows, width);
                Node bias = input(DType.FLOAT32, width);
                check(Ops.add(x, Ops.broadcast(bias, shape)), x, bias);
                Node column = input(DType.FLOAT32, rows, 1);
                check(Ops.add(Ops.mul(x, Ops.broadcast(bias, shape)), Ops.broadcast(column, shape)), x, bias, column);
            }
        }
        Shape grouped = Shape.of(3, 250, 6, 4);
        Node x = input(DType.FLOAT32, 3, 250, 6, 4);
        Node mean = input(DType.FLOAT32, 3, 1, 6, 1);
        Node scale = input(DType.FLOAT32, 6, 4);
        Node normal = Ops.mul(Ops.sub(x, Ops.broadcast(mean, grouped)), Ops.broadcast(scale, grouped));
        check(normal, x, mean, scale);
        check(Ops.reduce(Op.ReduceKind.SUM, normal, 1), x, mean, scale);
        check(Ops.reduce(Op.ReduceKind.SUM, normal, 2, 3), x, mean, scale);
        check(Ops.reshape(normal, Shape.of(3, 250, 24)), x, mean, scale);
        Node a = input(DType.FLOAT32, 17, 1, 33, 5);
        Node b = input(DType.FLOAT32, 19, 1, 5);
        Shape all = Shape.of(17, 19, 33, 5);
        check(Ops.mul(Ops.broadcast(a, all), Ops.broadcast(b, all)), a, b);
        check(Ops.add(Ops.broadcast(a, all), Ops.cast(Ops.iota(new Type(DType.INT32, all), 3), DType.FLOAT32)), a);
    }

    @Test
    void reductionsOverScatteredAxes() {
        Node x = input(DType.FLOAT32, 4, 500, 6, 4);
        check(Ops.reduce(Op.ReduceKind.SUM, x, 1, 3), x);
        check(Ops.reduce(Op.ReduceKind.MAX, x, 0, 1, 3), x);
        check(Ops.reduce(Op.ReduceKind.MIN, x, 0, 3), x);
        Node y = input(DType.FLOAT32, 5, 20, 5, 20, 5);
        check(Ops.reduce(Op.ReduceKind.SUM, y, 0, 2, 4), y);
    }
}
