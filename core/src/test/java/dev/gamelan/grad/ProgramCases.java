package dev.gamelan.grad;

import static dev.gamelan.grad.DerivativeCase.normal;
import static dev.gamelan.grad.DerivativeCase.numbers;
import static dev.gamelan.grad.DerivativeCase.truths;

import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Ops;
import dev.gamelan.ir.Type;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;

/** Cases of operations that hold programs, and of the identities. */
final class ProgramCases {

    private ProgramCases() {}

    static List<DerivativeCase> all() {
        return List.of(recurrence(false), recurrence(true), runningSum(), capturedInManyWays(), lateDependence(), nestedScan(),
                scanOfNothing(), integerCarry(),
                branch(true), branch(false), branchInScan(), scanInBranch(), remat(), rematInScan(), scanInRemat(), custom(),
                DerivativeCase.of("stop gradient", x -> Ops.mul(x.get(0), stopped(x.get(1))), normal(3),
                        numbers(new double[] {1, 2, 3}, 3)),
                DerivativeCase.of("barrier", x -> Node.of(new Op.Barrier(), Ops.mul(x.get(0), x.get(0)), x.get(1)), normal(3), normal(2)));
    }

    /** A value that is held still: its derivative is 0 although it moves, so it must not move in a test by differences. */
    private static Node stopped(Node x) {
        Node still = Node.of(new Op.StopGradient(), x);
        return Ops.add(x, Ops.sub(still, still));
    }

    /** h' = tanh(h w + x), y = h' h'; all of h, x and w count. */
    private static DerivativeCase recurrence(boolean reverse) {
        Graph body = graph(x -> {
            Node h = Ops.unary(Op.UnaryKind.TANH, Ops.add(Ops.matmul(x.get(0), x.get(2)), x.get(1)));
            return List.of(h, Ops.mul(h, h), Ops.reduce(Op.ReduceKind.SUM, h, 0, 1));
        }, type(2, 3), type(2, 3), type(3, 3));
        return DerivativeCase.several("scan, reverse " + reverse, x -> all(new Op.Scan(body, 1, 1, 4, reverse), x), normal(2, 3),
                normal(4, 2, 3), normal(3, 3));
    }

    /** h' = h + x: the gradients of h and x are one node. */
    private static DerivativeCase runningSum() {
        Graph body = graph(x -> {
            Node next = Ops.add(x.get(0), x.get(1));
            return List.of(next, Ops.mul(next, next));
        }, type(3), type(3));
        return DerivativeCase.several("running sum", x -> all(new Op.Scan(body, 1, 1, 4, false), x), normal(3), normal(4, 3));
    }

    /** h' = tanh((h w + b) w * sum(w) + x b): matrix products, a bias, and uses that are neither. */
    private static DerivativeCase capturedInManyWays() {
        Graph body = graph(x -> List.of(capturedInManyWays(x.get(0), x.get(1), x.get(2), x.get(3))), type(2, 3), type(2, 3), type(3, 3),
                type(3));
        return DerivativeCase.several("scan, captured in many ways", x -> all(new Op.Scan(body, 1, 1, 3, false), x), normal(2, 3),
                normal(3, 2, 3), normal(3, 3), normal(3));
    }

    private static Node capturedInManyWays(Node h, Node x, Node w, Node b) {
        Node twice = Ops.matmul(Ops.add(Ops.matmul(h, w), b), w);
        return Ops.unary(Op.UnaryKind.TANH, Ops.add(Ops.mul(twice, Ops.sum(w, 0)), Ops.mul(x, b)));
    }

    /** The first carried value depends on the captured one only after a step of the second; the third on nothing. */
    private static DerivativeCase lateDependence() {
        Graph body = graph(x -> List.of(Ops.mul(x.get(0), x.get(1)), Ops.add(x.get(1), x.get(4)), Ops.mul(x.get(2), x.get(2)),
                Ops.mul(x.get(3), x.get(2))), type(2), type(2), type(2), type(2), type(2));
        return DerivativeCase.several("scan, late dependence", x -> {
            List<Node> fixed = List.of(Ops.fill(type(2), 0.5), Ops.fill(type(2), 0.25), Ops.fill(type(2), 0.9));
            return all(new Op.Scan(body, 3, 1, 3, false), Programs.concat(fixed, x));
        }, normal(3, 2), normal(2));
    }

    private static DerivativeCase nestedScan() {
        Graph inner = graph(x -> {
            Node next = Ops.mul(x.get(0), Ops.unary(Op.UnaryKind.SIN, x.get(1)));
            return List.of(next, Ops.add(next, x.get(2)));
        }, type(2), type(2), type(2));
        Graph outer = graph(x -> {
            List<Node> results = all(new Op.Scan(inner, 1, 1, 3, true), List.of(x.get(0), x.get(1), x.get(2)));
            Node scan = results.get(0).operand(0);
            return List.of(results.get(0), Ops.mul(Ops.unary(Op.UnaryKind.SIGMOID, results.get(1)), Ops.get(scan, 0)));
        }, type(2), type(3, 2), type(2));
        return DerivativeCase.several("nested scan", x -> all(new Op.Scan(outer, 1, 1, 2, false), x), normal(2), normal(2, 3, 2),
                normal(2));
    }

    private static DerivativeCase scanOfNothing() {
        Graph body = graph(x -> List.of(Ops.mul(x.get(0), x.get(1)), x.get(0)), type(2), type(2));
        return DerivativeCase.several("scan of length 0", x -> all(new Op.Scan(body, 1, 1, 0, false), x), normal(2), normal(0, 2));
    }

    /** A counter beside the values: x times 1, 2, 3. */
    private static DerivativeCase integerCarry() {
        Type counter = new Type(DType.INT32, Shape.SCALAR);
        Graph body = graph(x -> List.of(Ops.add(x.get(0), Ops.scalar(DType.INT32, 1)),
                Ops.mul(x.get(1), Ops.cast(x.get(0), DType.FLOAT64))), counter, type());
        return DerivativeCase.several("scan with a counter", x -> all(new Op.Scan(body, 2, 0, 3, false),
                List.of(Ops.fill(counter, 1), x.get(0))).subList(1, 2), normal());
    }

    private static DerivativeCase branch(boolean taken) {
        Graph then = graph(x -> List.of(Ops.mul(x.get(0), x.get(1)), x.get(0)), type(3), type(3));
        Graph otherwise = graph(x -> List.of(Ops.unary(Op.UnaryKind.EXP, x.get(1)), x.get(1)), type(3), type(3));
        return DerivativeCase.several("if " + taken, x -> all(new Op.If(then, otherwise), x), truths(new boolean[] {taken}), normal(3),
                numbers(new double[] {0.5, 1, -1}, 3));
    }

    /** Doubles what is negative, squares what is not: in each step one or the other. */
    private static DerivativeCase branchInScan() {
        Graph then = graph(x -> List.of(Ops.mul(Ops.add(x.get(0), x.get(1)), 2)), type(), type());
        Graph otherwise = graph(x -> List.of(Ops.mul(x.get(0), x.get(1))), type(), type());
        Graph body = graph(x -> {
            Node taken = Ops.compare(Op.CompareKind.LT, x.get(1), 0);
            Node y = Ops.get(Node.of(new Op.If(then, otherwise), taken, x.get(0), x.get(1)), 0);
            return List.of(y, Ops.mul(y, x.get(0)));
        }, type(), type());
        return DerivativeCase.several("branch in scan", x -> all(new Op.Scan(body, 1, 1, 4, true), x), normal(),
                numbers(new double[] {0.5, -0.7, -0.4, 1.2}, 4));
    }

    private static DerivativeCase scanInBranch() {
        Graph step = graph(x -> List.of(Ops.unary(Op.UnaryKind.SIN, Ops.mul(x.get(0), x.get(1)))), type(2), type(2));
        Graph then = graph(x -> all(new Op.Scan(step, 1, 1, 3, false), x), type(2), type(3, 2));
        Graph otherwise = graph(x -> List.of(Ops.mul(x.get(0), x.get(0))), type(2), type(3, 2));
        return DerivativeCase.several("scan in branch", x -> all(new Op.If(then, otherwise), x), truths(new boolean[] {true}), normal(2),
                normal(3, 2));
    }

    private static DerivativeCase remat() {
        return DerivativeCase.several("remat", x -> all(new Op.Call(sine(), new Op.CallRule.Rematerialize()), x), normal(3), normal(3));
    }

    private static DerivativeCase rematInScan() {
        Graph body = graph(x -> {
            Node y = Ops.get(Node.of(new Op.Call(sine(), new Op.CallRule.Rematerialize()), x.get(0), x.get(1)), 0);
            return List.of(y, y);
        }, type(3), type(3));
        return DerivativeCase.several("remat in scan", x -> all(new Op.Scan(body, 1, 1, 3, false), x), normal(3), normal(3, 3));
    }

    private static DerivativeCase scanInRemat() {
        Graph step = graph(x -> List.of(Ops.unary(Op.UnaryKind.SIN, Ops.mul(x.get(0), x.get(1)))), type(3), type(3));
        Graph body = graph(x -> all(new Op.Scan(step, 1, 1, 3, false), x), type(3), type(3, 3));
        return DerivativeCase.several("scan in remat", x -> all(new Op.Call(body, new Op.CallRule.Rematerialize()), x), normal(3),
                normal(3, 3));
    }

    /** A rule that says what the body's own derivative is, in other words. */
    private static DerivativeCase custom() {
        Graph square = graph(x -> List.of(Ops.mul(x.get(0), x.get(0)), x.get(1)), type(3), type(3));
        Op.CallRule rule = new Op.CallRule.Custom(
                v -> List.of(Ops.mul(v.get(4), Ops.add(v.get(0), Ops.div(v.get(2), v.get(0)))), v.get(5)));
        return DerivativeCase.several("custom", x -> all(new Op.Call(square, rule), x), numbers(new double[] {0.5, 1, 2}, 3), normal(3));
    }

    private static Graph sine() {
        return graph(x -> List.of(Ops.unary(Op.UnaryKind.SIN, Ops.mul(x.get(0), Ops.unary(Op.UnaryKind.EXP, x.get(1))))), type(3), type(3));
    }

    static Graph graph(Function<List<Node>, List<Node>> program, Type... inputs) {
        List<Node> x = java.util.Arrays.stream(inputs).map(type -> Ops.input(type, "x")).toList();
        return Graph.of(x, program.apply(x));
    }

    /** All results of an operation. */
    static List<Node> all(Op op, List<Node> operands) {
        Node node = Node.of(op, operands.toArray(Node[]::new));
        return IntStream.range(0, node.types().size()).mapToObj(i -> Ops.get(node, i)).toList();
    }

    static Type type(int... dims) {
        return new Type(DType.FLOAT64, Shape.of(dims));
    }
}
