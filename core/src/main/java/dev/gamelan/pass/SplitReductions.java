package dev.gamelan.pass;

import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Ops;
import dev.gamelan.shape.Shape;
import java.util.List;

/**
 * A long reduction to few numbers becomes two: over fixed chunks, which run side by side, then over the chunks. The chunks
 * depend on the extents alone, so the order of additions does not depend on the number of threads.
 */
final class SplitReductions implements Pass {

    /** Reductions of fewer elements than this stay whole. */
    private static final int LONG = 1 << 15;
    /** With so many results there is work for every thread already. */
    private static final int MANY = 1 << 10;
    private static final int CHUNKS = 32;

    @Override
    public String name() {
        return "split-reductions";
    }

    @Override
    public Graph apply(Graph graph) {
        return graph.rewrite((node, operands) -> {
            Node kept = graph.keep(node, operands);
            return graph.op(node) instanceof Op.Reduce reduce ? split(reduce, kept) : kept;
        });
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
