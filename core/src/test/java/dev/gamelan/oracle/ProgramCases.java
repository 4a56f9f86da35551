package dev.gamelan.oracle;

import static dev.gamelan.oracle.Domain.ANY;
import static dev.gamelan.oracle.Domain.MEDIUM;
import static dev.gamelan.oracle.Domain.SMALL;
import static dev.gamelan.oracle.Exactness.ACCUMULATED;
import static dev.gamelan.oracle.Exactness.BITS;
import static dev.gamelan.shape.DType.BOOL;
import static dev.gamelan.shape.DType.FLOAT32;
import static dev.gamelan.shape.DType.FLOAT64;
import static dev.gamelan.shape.DType.INT32;

import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Op.UnaryKind;
import dev.gamelan.ir.Ops;
import dev.gamelan.ir.Type;
import dev.gamelan.oracle.OpCase.Argument;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Operations that hold programs, and the identities. */
final class ProgramCases {

    private ProgramCases() {}

    static Stream<OpCase> all() {
        return Stream.of(FLOAT32, FLOAT64)
                .flatMap(dtype -> Stream.of(scans(dtype), branches(dtype), calls(dtype), identities(dtype)).flatMap(s -> s));
    }

    private static Stream<OpCase> scans(DType dtype) {
        return Stream.of(0, 1, 7).flatMap(length -> Stream.of(false, true).flatMap(reverse -> Stream.of(
                recurrent(dtype, length, reverse), fibonacci(dtype, length, reverse), map(dtype, length, reverse),
                nested(dtype, length, reverse))));
    }

    /** h = tanh(x w + h u), returning the last state and every state. */
    private static OpCase recurrent(DType dtype, int length, boolean reverse) {
        Graph body = program(List.of(type(dtype, 2, 5), type(dtype, 2, 3), type(dtype, 3, 5), type(dtype, 5, 5)), in -> {
            Node h = Ops.unary(UnaryKind.TANH, Ops.add(Ops.matmul(in.get(1), in.get(2)), Ops.matmul(in.get(0), in.get(3))));
            return List.of(h, h);
        });
        return scan("recurrent", body, 1, 1, length, reverse, Argument.of(dtype, SMALL, 2, 5), Argument.of(dtype, MEDIUM, length, 2, 3),
                Argument.of(dtype, MEDIUM, 3, 5), Argument.of(dtype, SMALL, 5, 5));
    }

    /** Two states that change places, no sequence, a counter in between. */
    private static OpCase fibonacci(DType dtype, int length, boolean reverse) {
        Graph body = program(List.of(type(dtype, 3), type(dtype, 3), type(INT32)),
                in -> List.of(in.get(1), Ops.add(in.get(0), in.get(1)), Ops.binary(Op.BinaryKind.ADD, in.get(2), 1), in.get(0)));
        return scan("fibonacci", body, 3, 0, length, reverse, Argument.of(dtype, MEDIUM, 3), Argument.of(dtype, MEDIUM, 3),
                Argument.of(INT32, ANY));
    }

    /** No state: one output for each element of two sequences. */
    private static OpCase map(DType dtype, int length, boolean reverse) {
        Graph body = program(List.of(type(dtype, 5), type(dtype)), in -> List.of(Ops.mul(in.get(0), in.get(1)), Ops.sum(in.get(0), 0)));
        return scan("map", body, 0, 2, length, reverse, Argument.of(dtype, MEDIUM, length, 5), Argument.of(dtype, MEDIUM, length));
    }

    /** A loop in a loop. */
    private static OpCase nested(DType dtype, int length, boolean reverse) {
        Graph inner = program(List.of(type(dtype, 2), type(dtype, 2)), in -> {
            Node next = Ops.unary(UnaryKind.SIN, Ops.add(in.get(0), in.get(1)));
            return List.of(next);
        });
        Graph outer = program(List.of(type(dtype, 2), type(dtype, 3, 2)), in -> {
            Node loop = Node.of(new Op.Scan(inner, 1, 1, 3, !reverse), in.get(0), in.get(1));
            return List.of(Ops.get(loop, 0), Ops.mul(Ops.get(loop, 0), in.get(0)));
        });
        return scan("nested", outer, 1, 1, length, reverse, Argument.of(dtype, MEDIUM, 2), Argument.of(dtype, MEDIUM, length, 3, 2));
    }

    private static OpCase scan(String name, Graph body, int carries, int sequences, int length, boolean reverse, Argument... arguments) {
        return new OpCase("scan " + name + " " + length + (reverse ? " reverse" : ""), ACCUMULATED, List.of(arguments),
                in -> results(Node.of(new Op.Scan(body, carries, sequences, length, reverse), in.toArray(Node[]::new))));
    }

    private static Stream<OpCase> branches(DType dtype) {
        List<Type> types = List.of(type(dtype, 3, 5), type(dtype, 5));
        Graph then = program(types, in -> List.of(Ops.mul(in.get(0), in.get(1)), in.get(1)));
        Graph otherwise = program(types, in -> List.of(Ops.unary(UnaryKind.SIN, in.get(0)), Ops.sum(in.get(0), 0)));
        return Stream.of(0, 1).map(value -> new OpCase("if " + value, ACCUMULATED,
                List.of(Argument.of(BOOL, Domain.constant(value)), Argument.of(dtype, MEDIUM, 3, 5), Argument.of(dtype, MEDIUM, 5)),
                in -> results(Node.of(new Op.If(then, otherwise), in.toArray(Node[]::new)))));
    }

    private static Stream<OpCase> calls(DType dtype) {
        Graph body = program(List.of(type(dtype, 7), type(dtype, 7)), in -> {
            Node product = Ops.mul(in.get(0), in.get(1));
            return List.of(Ops.unary(UnaryKind.TANH, product), product);
        });
        Op.CallRule custom = new Op.CallRule.Custom(all -> customGradient(all));
        return Stream.of(new Op.CallRule.Rematerialize(), custom)
                .map(rule -> new OpCase("call " + rule.getClass().getSimpleName(), ACCUMULATED,
                        List.of(Argument.of(dtype, MEDIUM, 7), Argument.of(dtype, MEDIUM, 7)),
                        in -> results(Node.of(new Op.Call(body, rule), in.toArray(Node[]::new)))));
    }

    /** From (a, b, tanh(a b), a b, g0, g1) to the gradients of a and b. */
    private static List<Node> customGradient(List<Node> all) {
        Node y = all.get(2);
        Node product = Ops.add(all.get(5), Ops.mul(all.get(4), Ops.sub(Ops.fillLike(y, 1), Ops.mul(y, y))));
        return List.of(Ops.mul(product, all.get(1)), Ops.mul(product, all.get(0)));
    }

    private static Stream<OpCase> identities(DType dtype) {
        return Stream.of(
                OpCase.of("stop gradient", BITS, in -> Node.of(new Op.StopGradient(), in.getFirst()), Argument.of(dtype, ANY, 67)),
                OpCase.of("barrier", BITS, in -> Node.of(new Op.Barrier(), in.get(0), in.get(1), in.get(0)), Argument.of(dtype, MEDIUM, 67),
                        Argument.of(INT32, ANY, 3)),
                OpCase.of("barrier alone", BITS, in -> Node.of(new Op.Barrier(), in.get(0)), Argument.of(dtype, MEDIUM)),
                new OpCase("results that are inputs and each other", BITS,
                        List.of(Argument.of(dtype, MEDIUM, 5), Argument.of(dtype, MEDIUM, 3)),
                        in -> List.of(in.get(1), in.get(0), in.get(1), Ops.reshape(in.get(0), Shape.of(5, 1)))));
    }

    /** A program with inputs of these types. */
    static Graph program(List<Type> types, Function<List<Node>, List<Node>> build) {
        List<Node> inputs = new ArrayList<>();
        types.forEach(type -> inputs.add(Ops.input(type, "p" + inputs.size())));
        return Graph.of(inputs, build.apply(inputs));
    }

    /** Every result of an operation with several. */
    static List<Node> results(Node tuple) {
        return IntStream.range(0, tuple.types().size()).mapToObj(i -> Ops.get(tuple, i)).toList();
    }

    private static Type type(DType dtype, int... dims) {
        return new Type(dtype, Shape.of(dims));
    }
}
