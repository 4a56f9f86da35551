package dev.gamelan.grad;

import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Ops;
import dev.gamelan.shape.Shape;
import java.util.List;

/** Contractions for many examples: they join the batch, or if they have kernels of their own, become groups. */
record BatchedContractions(int size) {

    Node matmul(Lane a, Lane b) {
        if (b.batched() || a.shape().rank() > 2) {
            return Node.of(new Op.MatMul(), a.stretched(size), b.stretched(size));
        }
        return unfold(Node.of(new Op.MatMul(), fold(a), b.node()), a.shape().dim(0));
    }

    Node conv(Op.Conv op, Lane x, Lane w) {
        if (!w.batched()) {
            return unfold(Node.of(op, fold(x), w.node()), x.shape().dim(0));
        }
        boolean shared = !x.batched() && op.groups() == 1;
        Node y = Node.of(new Op.Conv(op.window(), shared ? 1 : size * op.groups()), shared ? x.node() : merge(x), merge(w));
        return split(y);
    }

    Node inputGradient(Op.ConvInputGradient op, Lane gy, Lane w) {
        if (!w.batched()) {
            return unfold(Node.of(op, fold(gy), w.node()), gy.shape().dim(0));
        }
        return split(Node.of(new Op.ConvInputGradient(op.window(), size * op.groups(), op.spatial()), merge(gy), merge(w)));
    }

    Node kernelGradient(Op.ConvKernelGradient op, Lane x, Lane gy) {
        boolean shared = !x.batched() && op.groups() == 1;
        Op grouped = new Op.ConvKernelGradient(op.window(), shared ? 1 : size * op.groups(), op.spatial());
        return split(Node.of(grouped, shared ? x.node() : merge(x), merge(gy)));
    }

    /** An operation on operands (batch, ...). */
    Node folded(Op op, List<Lane> x) {
        Node y = Node.of(op, x.stream().map(this::fold).toArray(Node[]::new));
        return unfold(y, x.getFirst().shape().dim(0));
    }

    /** (examples, batch, ...) to (examples * batch, ...). */
    private Node fold(Lane x) {
        Shape shape = x.shape();
        return Ops.reshape(x.stretched(size), shape.with(0, size * shape.dim(0)));
    }

    private Node unfold(Node y, int batch) {
        return Ops.reshape(y, y.shape().with(0, batch).insert(0, size));
    }

    /** (examples, ..., channels) to (..., examples * channels). */
    private Node merge(Lane x) {
        Shape shape = x.shape();
        Node moved = Lane.move(x.stretched(size), 0, shape.rank() - 1);
        return Ops.reshape(moved, shape.with(-1, size * shape.dim(-1)));
    }

    private Node split(Node y) {
        Shape shape = y.shape();
        Node apart = Ops.reshape(y, shape.with(-1, shape.dim(-1) / size).insert(shape.rank() - 1, size));
        return Lane.move(apart, shape.rank() - 1, 0);
    }
}
