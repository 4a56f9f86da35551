package dev.gamelan.grad;

import dev.gamelan.ir.Data;
import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Ops;
import dev.gamelan.ir.Verifier;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.IntStream;

/** A small program with a point at which it is smooth: FLOAT64 where it is to be differentiated. */
record DerivativeCase(String name, Function<List<Node>, List<Node>> program, List<Data> inputs) {

    /** A program of one result. */
    static DerivativeCase of(String name, Function<List<Node>, Node> program, Data... inputs) {
        return several(name, x -> List.of(program.apply(x)), inputs);
    }

    static DerivativeCase several(String name, Function<List<Node>, List<Node>> program, Data... inputs) {
        return new DerivativeCase(name, program, List.of(inputs));
    }

    /** An operation on all inputs. */
    static DerivativeCase op(Op op, Data... inputs) {
        return of(op.toString(), x -> Node.of(op, x.toArray(Node[]::new)), inputs);
    }

    /** Random numbers between two bounds; the same in each run. */
    static Data uniform(double low, double high, int... dims) {
        Random random = new Random(Arrays.hashCode(dims) * 31L + (long) (low * 1000) + 7 * (long) (high * 1000));
        return numbers(random.doubles(Shape.of(dims).length(), low, high).toArray(), dims);
    }

    static Data normal(int... dims) {
        return uniform(-1.5, 1.5, dims);
    }

    /** Numbers at least 1 apart, in random order. */
    static Data distinct(int... dims) {
        Random random = new Random(5);
        double[] values = IntStream.range(0, Shape.of(dims).length()).mapToDouble(i -> i).toArray();
        for (int i = values.length - 1; i > 0; i--) {
            int j = random.nextInt(i + 1);
            double kept = values[i];
            values[i] = values[j];
            values[j] = kept;
        }
        return numbers(Arrays.stream(values).map(v -> v - values.length / 2.0 + 0.3).toArray(), dims);
    }

    static Data numbers(double[] values, int... dims) {
        return Data.of(DType.FLOAT64, Shape.of(dims), values);
    }

    static Data integers(int[] values, int... dims) {
        return Data.of(DType.INT32, Shape.of(dims), values);
    }

    static Data truths(boolean[] values, int... dims) {
        return Data.of(DType.BOOL, Shape.of(dims), values);
    }

    List<Node> newInputs() {
        return inputs.stream().map(data -> Ops.input(data.type(), "x")).toList();
    }

    boolean differentiable(int input) {
        return inputs.get(input).dtype().isFloating();
    }

    /** The operations of the program and of the programs in it, by the names that {@link #label} gives. */
    Set<String> labels() {
        List<Node> x = newInputs();
        return labels(Verifier.verify(Graph.of(x, program.apply(x))));
    }

    private static Set<String> labels(Graph graph) {
        Set<String> result = new HashSet<>();
        for (Node node : graph.nodes()) {
            Op op = graph.op(node);
            result.add(label(op));
            switch (op) {
                case Op.Scan scan -> result.addAll(labels(scan.body()));
                case Op.If branch -> {
                    result.addAll(labels(branch.then()));
                    result.addAll(labels(branch.otherwise()));
                }
                case Op.Call call -> result.addAll(labels(call.body()));
                default -> {}
            }
        }
        return result;
    }

    /** An operation's name, with its kind where it has one. */
    static String label(Op op) {
        String name = op.getClass().getSimpleName();
        return switch (op) {
            case Op.Unary o -> name + " " + o.kind();
            case Op.Binary o -> name + " " + o.kind();
            case Op.Compare o -> name + " " + o.kind();
            case Op.Reduce o -> name + " " + o.kind();
            case Op.ArgReduce o -> name + " " + o.kind();
            case Op.Call o -> name + " " + o.rule().getClass().getSimpleName();
            default -> name;
        };
    }

    @Override
    public String toString() {
        return name;
    }
}
