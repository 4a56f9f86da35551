package dev.gamelan.ir;

import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import dev.gamelan.shape.ShapeException;
import java.util.List;
import java.util.TreeSet;

/** Rules of indexing and of reductions. */
final class IndexRules {

    private IndexRules() {}

    static Type gather(Op.Gather op, List<Type> in) {
        Type x = in.get(0);
        return x.with(taken("take", x, in.get(1), op.axis()));
    }

    static Type scatterAdd(Op.ScatterAdd op, List<Type> in) {
        Type base = in.get(0);
        Rules.sameDType("scatterAdd", base, in.get(2));
        Rules.numeric("scatterAdd", base);
        Shape expected = taken("scatterAdd", base, in.get(1), op.axis());
        if (!in.get(2).shape().equals(expected)) {
            throw ShapeException.of("scatterAdd: wrong shape of the updates",
                    expected + " (base " + base.shape() + ", indices " + in.get(1).shape() + ", axis " + op.axis() + ")",
                    in.get(2).shape().toString());
        }
        return base;
    }

    private static Shape taken(String op, Type x, Type indices, int axis) {
        x.shape().axis(axis);
        if (indices.dtype() != DType.INT32 && indices.dtype() != DType.INT64) {
            throw Rules.dtype(op, "indices of INT32 or INT64", indices);
        }
        return x.shape().slice(0, axis).concat(indices.shape()).concat(x.shape().slice(axis + 1, x.shape().rank()));
    }

    static Type argSort(Op.ArgSort op, Type x) {
        x.shape().axis(op.axis());
        Rules.numeric("argsort", x);
        return x.with(DType.INT32);
    }

    static Type reduce(Op.Reduce op, Type x) {
        String name = Rules.name(op.kind());
        if (new TreeSet<>(op.axes()).size() != op.axes().size()) {
            throw ShapeException.of(name + ": an axis is named twice", "each axis once", op.axes().toString());
        }
        op.axes().forEach(x.shape()::axis);
        boolean extreme = op.kind() == Op.ReduceKind.MAX || op.kind() == Op.ReduceKind.MIN;
        if (!extreme || x.dtype() != DType.BOOL) {
            Rules.numeric(name, x);
        }
        Shape shape = x.shape();
        for (int axis : new TreeSet<>(op.axes()).descendingSet()) {
            shape = shape.without(axis);
        }
        return x.with(shape);
    }

    static Type argReduce(Op.ArgReduce op, Type x) {
        String name = "arg" + Rules.name(op.kind());
        Rules.numeric(name, x);
        if (x.shape().dim(op.axis()) == 0) {
            throw ShapeException.of(name + ": nothing to choose from", "at least one element along axis " + op.axis(),
                    x.shape().toString());
        }
        return new Type(DType.INT32, x.shape().without(op.axis()));
    }

    static Type cumSum(Op.CumSum op, Type x) {
        x.shape().axis(op.axis());
        Rules.numeric("cumsum", x);
        return x;
    }
}
