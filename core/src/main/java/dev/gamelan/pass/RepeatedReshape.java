package dev.gamelan.pass;

import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Ops;
import dev.gamelan.ir.Origin;
import dev.gamelan.shape.Shape;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A reshape of a broadcast: repeated first only along axes that the reshape joins with others, then reshaped, then repeated along the
 * rest. A reshape that no strides express has to copy, and so copies little.
 */
final class RepeatedReshape {

    private final Shape source;
    private final Shape target;
    private final int[] own;
    /** The source's shape, and the target's, before what remains to be repeated. */
    private final int[] partial;
    private final int[] reshaped;

    private RepeatedReshape(Shape source, Shape target, Shape operand) {
        this.source = source;
        this.target = target;
        this.own = IntStream.range(0, source.rank())
                .map(axis -> axis < source.rank() - operand.rank() ? 1 : operand.dim(axis - source.rank() + operand.rank())).toArray();
        this.partial = source.dims();
        this.reshaped = target.dims();
    }

    /** @param broadcast a broadcast, to be reshaped to {@code target} */
    static Node of(Shape target, Node broadcast) {
        Node operand = broadcast.operand(0);
        if (target.size() == 0) {
            return Node.of(new Op.Reshape(target), List.of(broadcast), Origin.UNKNOWN);
        }
        RepeatedReshape shapes = new RepeatedReshape(broadcast.shape(), target, operand.shape());
        shapes.find();
        Node aligned = Ops.reshape(operand, Shape.of(shapes.own));
        Node repeated = Ops.broadcast(aligned, Shape.of(shapes.partial));
        return Ops.broadcast(Ops.reshape(repeated, Shape.of(shapes.reshaped)), target);
    }

    /** Goes through the smallest runs of axes that the reshape turns into each other. */
    private void find() {
        int from = 0;
        int to = 0;
        while (from < source.rank() || to < target.rank()) {
            int fromEnd = from;
            int toEnd = to;
            long left = 1;
            long right = 1;
            do {
                if (fromEnd < source.rank() && (left <= right || toEnd == target.rank())) {
                    left *= source.dim(fromEnd++);
                } else {
                    right *= target.dim(toEnd++);
                }
            } while (left != right);
            if (Arrays.stream(own, from, fromEnd).allMatch(dim -> dim == 1)) {
                Arrays.fill(partial, from, fromEnd, 1);
                Arrays.fill(reshaped, to, toEnd, 1);
            }
            from = fromEnd;
            to = toEnd;
        }
    }
}
