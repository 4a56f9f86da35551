package dev.gamelan.grad;

import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Ops;
import dev.gamelan.shape.Shape;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Derivatives of reductions: each is the sum of the operand's changes with some weights. */
final class Reductions {

    private Reductions() {}

    /** The gradient of the operand. */
    static Node gradient(Op.Reduce op, Node x, Node y, Node g) {
        return switch (op.kind()) {
            case SUM -> spread(op, g, x.shape());
            case PROD -> productOfOthers(op, x, g);
            case MAX, MIN -> {
                Node winners = winners(op, x, y);
                Node share = spread(op, Ops.div(g, count(op, winners, g)), x.shape());
                yield Ops.select(winners, share, Ops.fillLike(share, 0));
            }
        };
    }

    /** The change of the result. */
    static Node tangent(Op.Reduce op, Node x, Node y, Node t) {
        return switch (op.kind()) {
            case SUM -> sum(op, t);
            case PROD -> sum(op, Ops.mul(t, productOfOthers(op, x, Ops.fillLike(y, 1))));
            case MAX, MIN -> {
                if (x.shape().size() == 0) {
                    yield Ops.fillLike(y, 0);
                }
                Node winners = winners(op, x, y);
                yield Ops.div(sum(op, Ops.select(winners, t, Ops.fillLike(t, 0))), count(op, winners, t));
            }
        };
    }

    /** Where the extreme is: several elements share it equally. */
    private static Node winners(Op.Reduce op, Node x, Node y) {
        return Ops.compare(Op.CompareKind.EQ, x, spread(op, y, x.shape()));
    }

    private static Node count(Op.Reduce op, Node winners, Node like) {
        return sum(op, Ops.cast(winners, like.dtype()));
    }

    private static Node sum(Op.Reduce op, Node x) {
        return Node.of(new Op.Reduce(Op.ReduceKind.SUM, op.axes()), x);
    }

    /** A reduced tensor stretched to the shape before. */
    private static Node spread(Op.Reduce op, Node reduced, Shape shape) {
        Shape kept = shape;
        for (int axis : op.axes()) {
            kept = kept.with(axis, 1);
        }
        return Ops.broadcast(Ops.reshape(reduced, kept), shape);
    }

    /** For each element the product of all others that were multiplied with it, times g. */
    private static Node productOfOthers(Op.Reduce op, Node x, Node g) {
        int rank = x.shape().rank();
        List<Integer> kept = IntStream.range(0, rank).boxed().filter(axis -> !op.axes().contains(axis)).toList();
        Op.Permute reducedLast = new Op.Permute(IntStream.concat(kept.stream().mapToInt(i -> i),
                op.axes().stream().mapToInt(i -> i)).boxed().toList());
        Node moved = Node.of(reducedLast, x);
        int count = moved.shape().slice(kept.size(), rank).length();
        Shape rows = g.shape().concat(Shape.of(count));
        Node others = down(Ops.reshape(moved, rows), Ops.reshape(g, g.shape().concat(Shape.of(1))));
        return Layouts.permute(reducedLast, Ops.reshape(others, moved.shape()));
    }

    /**
     * Down a tree of pairwise products along the last axis. Unlike dividing the product by each element this is right
     * where elements are zero, and so are its own derivatives.
     */
    private static Node down(Node x, Node g) {
        int count = x.shape().dim(-1);
        if (count <= 1) {
            return count == 1 ? g : Ops.fill(x.type(), 0);
        }
        int pairs = count / 2;
        Node a = Ops.slice(x, -1, 0, pairs);
        Node b = Ops.slice(x, -1, pairs, 2 * pairs);
        Node above = down(join(Ops.mul(a, b), Ops.slice(x, -1, 2 * pairs, count)), g);
        Node abovePairs = Ops.slice(above, -1, 0, pairs);
        return join(Ops.mul(abovePairs, b), Ops.mul(abovePairs, a), Ops.slice(above, -1, pairs, count - pairs));
    }

    private static Node join(Node... parts) {
        return Ops.concat(-1, Stream.of(parts).filter(part -> part.shape().dim(-1) > 0).toList());
    }
}
