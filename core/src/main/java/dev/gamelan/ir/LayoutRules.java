package dev.gamelan.ir;

import dev.gamelan.shape.Shape;
import dev.gamelan.shape.ShapeException;
import java.util.List;

/** Rules of the operations that move elements without computing. */
final class LayoutRules {

    private LayoutRules() {}

    static Type broadcast(Op.Broadcast op, Type x) {
        if (!x.shape().broadcastsTo(op.shape())) {
            throw ShapeException.of("broadcast: the shape does not stretch",
                    "extents equal to those of " + op.shape() + ", or 1, counted from the last axis", x.shape().toString());
        }
        return x.with(op.shape());
    }

    static Type reshape(Op.Reshape op, Type x) {
        if (x.shape().size() != op.shape().size()) {
            throw ShapeException.of("reshape: the number of elements differs", x.shape().size() + " elements",
                    x.shape() + " to " + op.shape() + " (" + op.shape().size() + " elements)");
        }
        return x.with(op.shape());
    }

    static Type permute(Op.Permute op, Type x) {
        int rank = x.shape().rank();
        boolean[] seen = new boolean[rank];
        boolean valid = op.order().size() == rank;
        for (int axis : op.order()) {
            valid = valid && axis >= 0 && axis < rank && !seen[axis];
            if (valid) {
                seen[axis] = true;
            }
        }
        if (!valid) {
            throw ShapeException.of("permute: not an order of the axes", "each of 0 to " + (rank - 1) + " once",
                    op.order() + " for " + x.shape());
        }
        int[] order = new int[rank];
        for (int i = 0; i < rank; i++) {
            order[i] = op.order().get(i);
        }
        return x.with(x.shape().permute(order));
    }

    static Type slice(Op.Slice op, Type x) {
        int rank = x.shape().rank();
        ranks("slice", x, op.start(), op.limit(), op.step());
        int[] dims = new int[rank];
        for (int i = 0; i < rank; i++) {
            int start = op.start().get(i);
            int limit = op.limit().get(i);
            int step = op.step().get(i);
            if (start < 0 || start > limit || limit > x.shape().dim(i) || step < 1) {
                throw ShapeException.of("slice: out of range along axis " + i, "0 <= start <= limit <= " + x.shape().dim(i) + ", step >= 1",
                        "start " + start + ", limit " + limit + ", step " + step + " for " + x.shape());
            }
            dims[i] = Math.ceilDiv(limit - start, step);
        }
        return x.with(Shape.of(dims));
    }

    static Type flip(Op.Flip op, Type x) {
        op.axes().forEach(x.shape()::axis);
        return x;
    }

    static Type pad(Op.Pad op, List<Type> in) {
        Type x = in.getFirst();
        ranks("pad", x, op.low(), op.high(), op.inner());
        if (!in.get(1).equals(x.with(Shape.SCALAR))) {
            throw ShapeException.of("pad: the value is not a scalar of the same type", x.dtype() + "()", in.get(1).toString());
        }
        int[] dims = x.shape().dims();
        for (int i = 0; i < dims.length; i++) {
            if (op.low().get(i) < 0 || op.high().get(i) < 0 || op.inner().get(i) < 0) {
                throw ShapeException.of("pad: a negative count", "counts of at least 0",
                        "low " + op.low() + ", high " + op.high() + ", inner " + op.inner() + " for " + x.shape());
            }
            dims[i] = extent("pad", i, (long) dims[i] + op.low().get(i) + op.high().get(i)
                    + (long) op.inner().get(i) * Math.max(0, dims[i] - 1));
        }
        return x.with(Shape.of(dims));
    }

    private static int extent(String op, int axis, long extent) {
        if (extent > Integer.MAX_VALUE) {
            throw ShapeException.of(op + ": axis " + axis + " becomes too large", "at most " + Integer.MAX_VALUE + " elements",
                    "" + extent);
        }
        return (int) extent;
    }

    static Type concat(Op.Concat op, List<Type> in) {
        Type first = in.getFirst();
        int axis = first.shape().axis(op.axis());
        long extent = 0;
        for (Type next : in) {
            Rules.sameDType("concat", first, next);
            if (next.shape().rank() != first.shape().rank() || !next.shape().with(axis, 0).equals(first.shape().with(axis, 0))) {
                throw ShapeException.of("concat: extents differ outside of axis " + axis, "equal extents but along axis " + axis,
                        in.stream().map(t -> t.shape().toString()).toList().toString());
            }
            extent += next.shape().dim(axis);
        }
        return first.with(first.shape().with(axis, extent("concat", axis, extent)));
    }

    @SafeVarargs
    private static void ranks(String op, Type x, List<Integer>... lists) {
        for (List<Integer> list : lists) {
            if (list.size() != x.shape().rank()) {
                throw ShapeException.of(op + ": not one entry per axis", x.shape().rank() + " entries", list + " for " + x.shape());
            }
        }
    }
}
