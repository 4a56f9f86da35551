package dev.gamelan.grad;

import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Ops;
import dev.gamelan.shape.Shape;
import java.util.List;
import java.util.Optional;

/**
 * An exponential over the sum of itself, {@code y = exp(x) / sum(exp(x))}. Taken as one function its gradient is {@code y (g - sum(g y))}: it
 * needs nothing but y, while the gradients of the quotient and of the exponential keep more and pass over it more often.
 *
 * @param x      the exponents
 * @param within what lies between x and y
 */
record Softmax(Node x, List<Node> within) {

    /** The softmax that ends in a node. */
    static Optional<Softmax> of(Graph graph, Node node) {
        if (!graph.op(node).equals(new Op.Binary(Op.BinaryKind.DIV))) {
            return Optional.empty();
        }
        Node exp = graph.operands(node).get(0);
        Node stretched = graph.operands(node).get(1);
        if (!graph.op(exp).equals(new Op.Unary(Op.UnaryKind.EXP)) || !(graph.op(stretched) instanceof Op.Broadcast)) {
            return Optional.empty();
        }
        Node kept = graph.operands(stretched).getFirst();
        Node sum = graph.op(kept) instanceof Op.Reshape ? graph.operands(kept).getFirst() : kept;
        boolean fits = graph.op(sum) instanceof Op.Reduce(Op.ReduceKind kind, List<Integer> axes) && kind == Op.ReduceKind.SUM
                && graph.operands(sum).getFirst() == exp && kept.shape().equals(kept(exp, axes));
        return fits ? Optional.of(new Softmax(graph.operands(exp).getFirst(), List.of(exp, stretched, kept, sum))) : Optional.empty();
    }

    private static Shape kept(Node x, List<Integer> axes) {
        int[] dims = x.shape().dims();
        axes.forEach(axis -> dims[axis] = 1);
        return Shape.of(dims);
    }

    /** That of x. */
    Node gradient(Node y, Node g) {
        Node sum = Ops.sumTo(Ops.mul(g, y), within.get(2).shape());
        return Ops.mul(y, Ops.sub(g, sum));
    }
}
