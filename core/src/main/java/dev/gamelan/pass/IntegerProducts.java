package dev.gamelan.pass;

import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Ops;
import dev.gamelan.shape.Shape;

/**
 * Matrix products of integers become sums of products, which one loop kernel computes with the columns in its lanes. Sums of integers
 * that wrap around do not depend on their order.
 */
final class IntegerProducts implements Pass {

    @Override
    public String name() {
        return "integer-products";
    }

    @Override
    public Graph apply(Graph graph) {
        return graph.rewrite((node, operands) -> {
            boolean integers = graph.op(node) instanceof Op.MatMul && !node.dtype().isFloating();
            return integers ? product(node.shape(), operands.get(0), operands.get(1)) : graph.keep(node, operands);
        });
    }

    /** a: (..., rows, depth), b: (..., depth, columns) -> (..., rows, columns); the depth in pieces whose products can be counted. */
    private static Node product(Shape result, Node a, Node b) {
        int depth = a.shape().dim(-1);
        int rank = result.rank();
        int piece = (int) (Integer.MAX_VALUE / Math.max(1, result.size()));
        Node sum = sums(result, slice(a, rank - 1, 0, piece), slice(b, rank - 2, 0, piece));
        for (int from = piece; from < depth; from += piece) {
            sum = Ops.add(sum, sums(result, slice(a, rank - 1, from, piece), slice(b, rank - 2, from, piece)));
        }
        return sum;
    }

    private static Node slice(Node node, int axis, int from, int length) {
        int to = (int) Math.min((long) from + length, node.shape().dim(axis));
        return to - from == node.shape().dim(axis) ? node : Ops.slice(node, axis, from, to);
    }

    /** By way of (..., rows, depth, columns). */
    private static Node sums(Shape result, Node a, Node b) {
        int rank = result.rank();
        Shape all = result.insert(rank - 1, a.shape().dim(-1));
        Node left = Ops.broadcast(Ops.reshape(a, a.shape().insert(rank, 1)), all);
        Node right = Ops.broadcast(Ops.reshape(b, b.shape().insert(rank - 2, 1)), all);
        return Ops.reduce(Op.ReduceKind.SUM, Ops.binary(Op.BinaryKind.MUL, left, right), rank - 1);
    }
}
