package dev.gamelan.oracle;

import dev.gamelan.grad.Gradients;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Ops;
import dev.gamelan.ir.Type;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Attention of random extents, masks and layouts, with or without its gradients. */
final class RandomAttention {

    private final RandomGraphs graphs;
    private final Random random;

    RandomAttention(RandomGraphs graphs) {
        this.graphs = graphs;
        this.random = graphs.random();
    }

    /** The output, and perhaps the gradients. */
    List<Node> attention() {
        DType dtype = graphs.floatingDType();
        int queries = random.nextInt(12, 40);
        int keys = random.nextBoolean() ? queries : random.nextInt(12, 50);
        int heads = random.nextInt(1, 3);
        int depth = random.nextInt(1, 9);
        int width = random.nextBoolean() ? depth : random.nextInt(1, 9);
        Node q = matrices(dtype, heads, queries, depth);
        Node k = matrices(dtype, heads, keys, depth);
        Node v = matrices(dtype, heads, keys, width);
        Node scaled = random.nextBoolean() ? Ops.mul(q, 0.5) : q;
        Node output = Ops.matmul(softmax(exponents(Ops.matmul(scaled, Ops.transpose(k)))), v);
        List<Node> results = new ArrayList<>(List.of(merged(output)));
        if (random.nextBoolean()) {
            Node g = matrices(dtype, heads, queries, width);
            results.addAll(Gradients.of(List.of(output), List.of(g), List.of(q, k, v)));
        }
        return results;
    }

    /** (1, heads, rows, columns), as it is or split from (1, rows, heads, columns). */
    private Node matrices(DType dtype, int heads, int rows, int columns) {
        return random.nextBoolean() ? graphs.input(dtype, Shape.of(1, heads, rows, columns))
                : Ops.permute(graphs.input(dtype, Shape.of(1, rows, heads, columns)), 0, 2, 1, 3);
    }

    private Node merged(Node output) {
        Shape shape = output.shape();
        return random.nextBoolean() ? output
                : Ops.reshape(Ops.permute(output, 0, 2, 1, 3), Shape.of(shape.dim(2), shape.dim(1) * shape.dim(3)));
    }

    private Node exponents(Node scores) {
        Node exponents = random.nextBoolean() ? Ops.mul(scores, 0.25) : scores;
        for (int masks = random.nextInt(3); masks > 0; masks--) {
            exponents = masked(exponents);
        }
        return exponents;
    }

    private Node masked(Node scores) {
        Shape rows = scores.shape().slice(2, 4);
        Shape mask = random.nextBoolean() ? rows : Shape.of(rows.dim(1));
        return switch (random.nextInt(3)) {
            case 0 -> {
                Type type = new Type(DType.INT32, rows);
                Node limit = Ops.binary(Op.BinaryKind.ADD, Ops.iota(type, 0), rows.dim(1) - rows.dim(0));
                yield random.nextBoolean() ? selected(Ops.compare(Op.CompareKind.LE, Ops.iota(type, 1), limit), scores, -1e30)
                        : hidden(Ops.compare(Op.CompareKind.GT, Ops.iota(type, 1), limit), scores, -1e30);
            }
            case 1 -> {
                Node flags = Ops.compare(Op.CompareKind.GT, graphs.input(DType.FLOAT32, mask), 0);
                double low = random.nextBoolean() ? -1e30 : -3;
                yield random.nextBoolean() ? selected(flags, scores, low) : hidden(flags, scores, low);
            }
            default -> Ops.add(scores, graphs.input(scores.dtype(), mask));
        };
    }

    private static Node selected(Node condition, Node scores, double other) {
        return Ops.select(condition, scores, Ops.fillLike(scores, other));
    }

    private static Node hidden(Node condition, Node scores, double other) {
        return Ops.select(condition, Ops.fillLike(scores, other), scores);
    }

    private static Node softmax(Node x) {
        int last = x.shape().rank() - 1;
        Shape kept = x.shape().with(-1, 1);
        Node max = Node.of(new Op.StopGradient(), Ops.reshape(Ops.reduce(Op.ReduceKind.MAX, x, last), kept));
        Node exp = Ops.unary(Op.UnaryKind.EXP, Ops.sub(x, max));
        return Ops.div(exp, Ops.reshape(Ops.sum(exp, last), kept));
    }
}
