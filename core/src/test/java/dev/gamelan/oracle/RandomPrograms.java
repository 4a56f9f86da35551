package dev.gamelan.oracle;

import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Op.UnaryKind;
import dev.gamelan.ir.Ops;
import dev.gamelan.ir.Type;
import dev.gamelan.oracle.RandomGraphs.Unfit;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Random loops, branches and calls. */
final class RandomPrograms {

    private static final UnaryKind[] TAME = {UnaryKind.NEG, UnaryKind.TANH, UnaryKind.SIN, UnaryKind.SIGMOID, UnaryKind.ATAN,
            UnaryKind.RELU};

    private final RandomGraphs graphs;
    private final Random random;

    RandomPrograms(RandomGraphs graphs) {
        this.graphs = graphs;
        this.random = graphs.random();
    }

    /** A loop over a floating sequence with a state, sometimes a captured value, and outputs. */
    List<Node> scan() {
        Node sequence = graphs.find(node -> node.dtype().isFloating() && node.shape().rank() >= 1 && node.shape().dim(0) <= 20)
                .orElseGet(() -> graphs.input(graphs.floatingDType(), Shape.of(random.nextInt(6)).concat(graphs.shape(random.nextInt(3)))));
        Type step = sequence.type().with(sequence.shape().without(0));
        List<Node> operands = new ArrayList<>();
        int carries = random.nextInt(3);
        for (int i = 0; i < carries; i++) {
            operands.add(value(step));
        }
        operands.add(sequence);
        if (random.nextBoolean()) {
            operands.add(value(step));
        }
        if (carries == 2 && random.nextBoolean()) {
            operands.add(value(step.with(Shape.SCALAR)));
        }
        List<Type> types = new ArrayList<>(operands.stream().map(Node::type).toList());
        types.set(carries, step);
        Graph body = body(types, step, carries + random.nextInt(carries == 0 ? 1 : 0, 3));
        return ProgramCases.results(Node.of(new Op.Scan(body, carries, 1, sequence.shape().dim(0), random.nextBoolean()),
                operands.toArray(Node[]::new)));
    }

    List<Node> branch() {
        Node predicate = graphs.find(node -> node.type().equals(new Type(DType.BOOL, Shape.SCALAR)))
                .orElseGet(() -> graphs.input(DType.BOOL, Shape.SCALAR));
        Node a = graphs.floating();
        Node b = value(a.type());
        List<Type> types = List.of(a.type(), b.type());
        int results = random.nextInt(1, 3);
        return ProgramCases.results(Node.of(new Op.If(body(types, a.type(), results), body(types, a.type(), results)), predicate, a, b));
    }

    List<Node> call() {
        Node a = graphs.floating();
        Node b = value(a.type());
        Graph body = body(List.of(a.type(), b.type()), a.type(), random.nextInt(1, 3));
        return ProgramCases.results(Node.of(new Op.Call(body, new Op.CallRule.Rematerialize()), a, b));
    }

    private Node value(Type type) {
        return graphs.find(node -> node.type().equals(type)).orElseGet(() -> graphs.input(type, Domain.UNIT));
    }

    /** Element-wise steps that neither grow nor jump, a matrix product where the shape allows one; results of one type. */
    private Graph body(List<Type> types, Type result, int results) {
        if (result.shape().size() > 5000) {
            throw new Unfit();
        }
        return ProgramCases.program(types, inputs -> {
            List<Node> pool = new ArrayList<>(inputs);
            for (int i = random.nextInt(1, 5); i > 0; i--) {
                pool.add(step(pool));
            }
            List<Node> outputs = new ArrayList<>();
            for (int i = 0; i < results; i++) {
                outputs.add(Ops.unary(TAME[random.nextInt(TAME.length)], Ops.broadcast(any(pool), result.shape())));
            }
            return outputs;
        });
    }

    private Node step(List<Node> pool) {
        Node a = any(pool);
        Node b = any(pool);
        Shape shape = a.shape();
        boolean square = shape.rank() == 2 && b.shape().equals(shape) && shape.dim(0) == shape.dim(1);
        return switch (random.nextInt(5)) {
            case 0 -> Ops.unary(TAME[random.nextInt(TAME.length)], a);
            case 1 -> Ops.add(a, b);
            case 2 -> Ops.mul(a, b);
            case 3 -> square ? Ops.mul(Ops.matmul(a, b), 0.1) : Ops.sub(a, b);
            default -> shape.rank() == 0 ? Ops.mul(a, 0.5)
                    : Ops.sub(a, Ops.mul(Ops.reshape(Ops.sum(a, -1), shape.with(-1, 1)), 1.0 / Math.max(1, shape.dim(-1))));
        };
    }

    private Node any(List<Node> nodes) {
        return nodes.get(random.nextInt(nodes.size()));
    }
}
