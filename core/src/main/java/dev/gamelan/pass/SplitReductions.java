package dev.gamelan.pass;

import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Ops;
import dev.gamelan.shape.Shape;
import java.util.List;

/**
 * A long reduction to few numbers becomes two: over fixed chunks, which run side by side, then over the chunks. The chunks
 * depend on the extents alone, so the order of additions does not depend on the number of threads. One over axes that do not follow each other
 * becomes two as well, where its innermost loop would be short.
 */
final class SplitReductions implements Pass {

    /** Reductions of fewer elements than this stay whole. */
    private static final int LONG = 1 << 15;
    /** With so many results there is work for every thread already. */
    private static final int MANY = 1 << 10;
    private static final int CHUNKS = 32;
    /** An axis of fewer elements does not fill vectors. */
    private static final int SHORT = 32;

    @Override
    public String name() {
        return "split-reductions";
    }

    @Override
    public Graph apply(Graph graph) {
        return graph.rewrite((node, operands) -> {
            Node kept = graph.keep(node, operands);
            return graph.op(node) instanceof Op.Reduce reduce ? isScattered(reduce, kept) ? inTurn(reduce, kept) : split(reduce, kept)
                    : kept;
        });
    }

    /** Whether axes that stay lie between those that go, of which the last one is too short for vectors, though it is not with them. */
    private static boolean isScattered(Op.Reduce reduce, Node node) {
        List<Integer> axes = reduce.axes();
        Shape shape = node.operand(0).shape();
        int last = shape.rank() - 1;
        boolean gap = axes.getLast() == last && axes.size() > 1 && axes.getFirst() != last - axes.size() + 1;
        int inner = last;
        while (gap && axes.contains(inner - 1)) {
            inner--;
        }
        return gap && shape.size() >= LONG && shape.slice(inner, shape.rank()).size() < SHORT
                && shape.slice(axes.get(axes.indexOf(inner) - 1) + 1, shape.rank()).size() >= SHORT;
    }

    /** The outer axes first, column by column, and the short inner ones then. */
    private static Node inTurn(Op.Reduce reduce, Node node) {
        List<Integer> axes = reduce.axes();
        int first = axes.getFirst();
        int block = 1;
        while (axes.get(block) == first + block) {
            block++;
        }
        int count = block;
        Node outer = Node.of(new Op.Reduce(reduce.kind(), axes.subList(0, count)), List.of(node.operand(0)), node.origin());
        List<Integer> rest = axes.subList(count, axes.size()).stream().map(axis -> axis - count).toList();
        Op.Reduce inner = new Op.Reduce(reduce.kind(), rest);
        Node result = Node.of(inner, List.of(outer), node.origin());
        return isScattered(inner, result) ? inTurn(inner, result) : result;
    }

    /** Splits the first reduced axis if the reduced axes are the leading ones, or all. */
    private static Node split(Op.Reduce reduce, Node node) {
        Node x = node.operand(0);
        List<Integer> axes = reduce.axes();
        boolean leading = axes.getLast() == axes.size() - 1;
        long results = node.shape().size();
        if (!leading || results >= MANY || x.shape().size() < LONG) {
            return node;
        }
        int length = 1;
        for (int axis : axes) {
            length *= x.shape().dim(axis);
        }
        int chunks = divisor(length, (int) Math.min(CHUNKS, x.shape().size() / (LONG / 8)));
        if (chunks == 1) {
            return node;
        }
        Shape rest = node.shape();
        Node chunked = Ops.reshape(x, Shape.of(chunks, length / chunks).concat(rest));
        return Ops.reduce(reduce.kind(), Ops.reduce(reduce.kind(), chunked, 1), 0);
    }

    /** The largest divisor up to the limit. */
    private static int divisor(int length, int limit) {
        for (int divisor = limit; divisor > 1; divisor--) {
            if (length % divisor == 0) {
                return divisor;
            }
        }
        return 1;
    }
}
