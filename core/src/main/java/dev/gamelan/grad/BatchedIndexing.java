package dev.gamelan.grad;

import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Ops;
import dev.gamelan.ir.Type;
import dev.gamelan.shape.Shape;
import java.util.stream.IntStream;

/** Indexing for many examples. Where the indices differ, all examples' rows become one long axis. */
record BatchedIndexing(int size) {

    Node gather(int axis, Lane x, Lane indices) {
        if (!indices.batched()) {
            return Node.of(new Op.Gather(axis + 1), x.node(), indices.node());
        } else if (!x.batched()) {
            return Lane.move(Node.of(new Op.Gather(axis), x.node(), indices.node()), axis, 0);
        }
        int extent = x.shape().dim(axis);
        Node taken = Node.of(new Op.Gather(0), rows(x.node(), axis), inRows(indices.node(), extent));
        return exchange(taken, 1, indices.shape().rank(), axis);
    }

    Node scatterAdd(int axis, Lane base, Lane indices, Lane updates) {
        Node to = base.stretched(size);
        Node from = updates.stretched(size);
        if (!indices.batched()) {
            return Node.of(new Op.ScatterAdd(axis + 1), to, indices.node(), from);
        }
        Node rows = rows(to, axis);
        Node sums = Node.of(new Op.ScatterAdd(0), rows, inRows(indices.node(), base.shape().dim(axis)),
                exchange(from, 1, axis, indices.shape().rank()));
        Shape split = Shape.of(size, base.shape().dim(axis)).concat(rows.shape().without(0));
        return Lane.move(Ops.reshape(sums, split), 1, axis + 1);
    }

    /** (examples, before, extent, behind) to (examples * extent, before, behind). */
    private Node rows(Node x, int axis) {
        Node moved = Lane.move(x, axis + 1, 1);
        Shape rest = moved.shape().slice(2, moved.shape().rank());
        return Ops.reshape(moved, Shape.of(size * x.shape().dim(axis + 1)).concat(rest));
    }

    /** Indices into one example as indices into the rows of all; those out of range stay so. */
    private Node inRows(Node indices, int extent) {
        Type column = indices.type().with(Shape.of(IntStream.range(0, indices.shape().rank()).map(i -> i == 0 ? size : 1).toArray()));
        Node moved = Ops.add(indices, Ops.mul(Ops.iota(column, 0), extent));
        Node valid = Ops.binary(Op.BinaryKind.AND, Ops.compare(Op.CompareKind.GE, indices, 0),
                Ops.compare(Op.CompareKind.LT, indices, extent));
        return Ops.select(valid, moved, Ops.fillLike(indices, -1));
    }

    /** Exchanges two neighbouring blocks of axes, from {@code start} on, of these ranks. */
    private static Node exchange(Node x, int start, int first, int second) {
        int end = start + first + second;
        return Ops.permute(x, IntStream.range(0, x.shape().rank())
                .map(i -> i < start || i >= end ? i : i < start + second ? i + first : i - second).toArray());
    }
}
