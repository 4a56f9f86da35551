package dev.gamelan.tensor;

import dev.gamelan.ir.Data;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Op.BinaryKind;
import dev.gamelan.ir.Op.CompareKind;
import dev.gamelan.ir.Ops;
import dev.gamelan.ir.Type;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import dev.gamelan.shape.ShapeException;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** Parts of tensors, by positions that are known and by ones that are computed. */
final class Indexing {

    private Indexing() {}

    static Node get(Node x, int index, int... more) {
        if (more.length >= x.shape().rank()) {
            throw ShapeException.of("get: more indices than axes", "1 to " + x.shape().rank() + " indices",
                    more.length + 1 + " indices for " + x.shape());
        }
        Node result = select(x, 0, index);
        for (int next : more) {
            result = select(result, 0, next);
        }
        return result;
    }

    static Node select(Node x, int axis, int index) {
        int at = x.shape().axis(axis);
        int extent = x.shape().dim(at);
        int from = index < 0 ? index + extent : index;
        if (from < 0 || from >= extent) {
            throw ShapeException.of("index out of range along axis " + axis, extent == 0 ? "nothing: the axis is empty"
                    : "an index from " + -extent + " to " + (extent - 1), "index " + index + " of " + x.shape());
        }
        return Ops.reshape(Ops.slice(x, at, from, from + 1), x.shape().without(at));
    }

    static Node slice(Node x, int axis, int from, int to, int step) {
        int at = x.shape().axis(axis);
        int extent = x.shape().dim(at);
        if (step == 0) {
            throw ShapeException.of("slice: the step is 0", "a step that is not 0", "axis " + axis + " of "
                    + x.shape());
        }
        return step > 0 ? forwards(x, at, position(x, at, from), to == Tensor.END ? extent : position(x, at, to), step)
                : backwards(x, at, from == Tensor.END ? extent - 1 : position(x, at, from),
                        to == Tensor.END ? -1 : position(x, at, to), -step);
    }

    private static Node forwards(Node x, int axis, int from, int to, int step) {
        return Ops.slice(x, axis, from, Math.max(from, to), step);
    }

    /** The elements from, from - step, ... above to: a slice that ends at from, turned around. */
    private static Node backwards(Node x, int axis, int from, int to, int step) {
        int last = Math.min(from, x.shape().dim(axis) - 1);
        int count = Math.max(0, Math.ceilDiv(last - to, step));
        if (count == 0) {
            return Ops.slice(x, axis, 0, 0);
        }
        return Ops.flip(Ops.slice(x, axis, last - (count - 1) * step, last + 1, step), axis);
    }

    private static int position(Node x, int axis, int position) {
        int extent = x.shape().dim(axis);
        int result = position < 0 ? position + extent : position;
        if (result < 0 || result > extent) {
            throw ShapeException.of("slice: out of range along axis " + axis,
                    "positions from " + -extent + " to " + extent + ", or Tensor.END", "position " + position + " of "
                            + x.shape());
        }
        return result;
    }

    static Node slice(Node x, int axis, Node from, int length) {
        int at = x.shape().axis(axis);
        Node first = fitting("slice", x, at, from, length);
        Node indices = Ops.add(Ops.iota(new Type(DType.INT32, Shape.of(length)), 0), first);
        return Node.of(new Op.Gather(at), x, indices);
    }

    /** The start as INT32 of rank 0, moved into the range where the length fits. */
    private static Node fitting(String op, Node x, int axis, Node from, int length) {
        int room = x.shape().dim(axis) - length;
        if (room < 0) {
            throw ShapeException.of(op + ": longer than the axis", "a length of at most " + x.shape().dim(axis),
                    "length " + length + " along axis " + axis + " of " + x.shape());
        }
        Node start = Ops.binary(BinaryKind.MIN, Ops.binary(BinaryKind.MAX, index(op, from), 0), room);
        if (from.shape().size() != 1) {
            throw ShapeException.of(op + ": the start is not one number", "()", from.shape().toString());
        }
        return Ops.reshape(start, Shape.SCALAR);
    }

    private static Node index(String op, Node indices) {
        Checks.indices(op, indices);
        return Ops.cast(indices, DType.INT32);
    }

    static Node withSlice(Node x, int axis, int from, Node values) {
        int at = x.shape().axis(axis);
        int start = position(x, at, from);
        int end = start + checkedValues(x, at, values);
        if (end > x.shape().dim(at)) {
            throw ShapeException.of("withSlice: the values do not fit along axis " + axis, "at most "
                    + (x.shape().dim(at) - start)
                    + " from position " + start + " of " + x.shape(), values.shape().toString());
        }
        return Ops.concat(at, List.of(Ops.slice(x, at, 0, start), values, Ops.slice(x, at, end, x.shape().dim(at))));
    }

    /** Each element reads the values where it lies among them, and itself elsewhere. */
    static Node withSlice(Node x, int axis, Node from, Node values) {
        int at = x.shape().axis(axis);
        int length = checkedValues(x, at, values);
        if (length == 0) {
            return x;
        }
        Node start = fitting("withSlice", x, at, from, length);
        Node place = Ops.sub(Ops.iota(new Type(DType.INT32, Shape.of(x.shape().dim(at))), 0), start);
        Node inside = Ops.binary(BinaryKind.AND, Ops.compare(CompareKind.GE, place, 0),
                Ops.compare(CompareKind.LT, place, length));
        Node clamped = Ops.binary(BinaryKind.MIN, Ops.binary(BinaryKind.MAX, place, 0), length - 1);
        return Ops.select(along(inside, at, x.shape()), Node.of(new Op.Gather(at), values, clamped), x);
    }

    private static int checkedValues(Node x, int axis, Node values) {
        if (values.shape().rank() != x.shape().rank()
                || !values.shape().with(axis, 0).equals(x.shape().with(axis, 0))) {
            throw ShapeException.of("withSlice: extents differ outside of axis " + axis, "like " + x.shape()
                    + " but along axis " + axis,
                    values.shape().toString());
        }
        return values.shape().dim(axis);
    }

    /** A vector laid along one axis of a shape. */
    private static Node along(Node vector, int axis, Shape shape) {
        int[] dims = new int[shape.rank()];
        Arrays.fill(dims, 1);
        dims[axis] = shape.dim(axis);
        return Ops.broadcast(Ops.reshape(vector, Shape.of(dims)), shape);
    }

    static Node take(Node x, int axis, Node indices) {
        return Node.of(new Op.Gather(x.shape().axis(axis)), x, wide("take", indices));
    }

    static Node scatterAdd(Node base, int axis, Node indices, Node updates) {
        return Node.of(new Op.ScatterAdd(base.shape().axis(axis)), base, wide("scatterAdd", indices), updates);
    }

    private static Node wide(String op, Node indices) {
        Checks.indices(op, indices);
        return indices.dtype() == DType.INT64 ? indices : Ops.cast(indices, DType.INT32);
    }

    /**
     * By indices into all rows laid end to end; one that is out of range in its row becomes -1, which is an error when
     * it runs.
     */
    static Node takeAlong(Node x, int axis, Node indices) {
        int at = x.shape().axis(axis);
        if (indices.shape().rank() != x.shape().rank() || !indices.shape().with(at, 0).equals(x.shape().with(at, 0))) {
            throw ShapeException.of("takeAlong: extents differ outside of axis " + axis, "indices like " + x.shape()
                    + " but along axis " + axis,
                    indices.shape().toString());
        }
        Node rows = Layouts.moveAxis(x, at, -1);
        Node picks = Layouts.moveAxis(index("takeAlong", indices), at, -1);
        int extent = x.shape().dim(at);
        Node flat = Ops.reshape(rows, Shape.of(rows.shape().length()));
        Node taken = Node.of(new Op.Gather(0), flat, rowPlaces(picks, extent));
        return Layouts.moveAxis(taken, -1, at);
    }

    private static Node rowPlaces(Node picks, int extent) {
        Shape outer = picks.shape().slice(0, picks.shape().rank() - 1);
        Node row = Ops.iota(new Type(DType.INT32, Shape.of(outer.length())), 0);
        Node start = Ops.reshape(Ops.mul(row, extent), outer.insert(-1, 1));
        Node valid = Ops.binary(BinaryKind.AND, Ops.compare(CompareKind.GE, picks, 0),
                Ops.compare(CompareKind.LT, picks, extent));
        return Ops.select(valid, Ops.add(picks, start), Ops.scalar(DType.INT32, -1));
    }

    static Tensor argsortDescending(Tensor x, int axis) {
        return Tensor.of(Node.of(new Op.ArgSort(x.shape().axis(axis), true), x.node()));
    }

    static Node oneHot(Node indices, int classes) {
        Node index = index("oneHot", indices);
        Shape shape = index.shape().insert(-1, classes);
        Node column = Ops.reshape(index, index.shape().insert(-1, 1));
        Node places = Ops.iota(new Type(DType.INT32, shape), shape.rank() - 1);
        return Ops.cast(Ops.compare(CompareKind.EQ, column, places), DType.FLOAT32);
    }

    static Tensor nonzero(Data mask) {
        int rank = mask.shape().rank();
        int[] strides = mask.shape().strides();
        boolean[] values = (boolean[]) mask.array();
        int[] places = IntStream.range(0, values.length).filter(i -> values[i])
                .flatMap(i -> IntStream.range(0, rank).map(axis -> i / strides[axis] % mask.shape().dim(axis)))
                .toArray();
        int count = (int) IntStream.range(0, values.length).filter(i -> values[i]).count();
        return Creation.of(DType.INT32, places, places.length, count, rank);
    }
}
