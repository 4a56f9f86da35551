package dev.gamelan.tensor;

import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Ops;
import dev.gamelan.ir.Type;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import dev.gamelan.shape.ShapeException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;

/** Moving elements without computing. */
final class Layouts {

    private Layouts() {}

    /** The same operation once more, which then belongs to where it is made now. */
    static Node again(Node x) {
        Node.Definition definition = x.definition();
        return definition.operands().isEmpty() ? Node.of(new Op.Reshape(x.shape()), x)
                : Node.of(definition.op(), definition.operands().toArray(Node[]::new));
    }

    static Node reshape(Node x, int... dims) {
        int unknown = -1;
        long known = 1;
        for (int i = 0; i < dims.length; i++) {
            if (dims[i] == -1 && unknown < 0) {
                unknown = i;
            } else {
                known *= dims[i];
            }
        }
        return Ops.reshape(x, unknown < 0 ? Shape.of(dims) : inferred(x.shape(), dims, unknown, known));
    }

    private static Shape inferred(Shape from, int[] dims, int unknown, long known) {
        if (known <= 0 || from.size() % known != 0) {
            throw ShapeException.of("reshape: -1 cannot be inferred",
                    "other extents that are positive and whose product divides " + from.size(), from + " to "
                            + Arrays.toString(dims));
        }
        int[] result = dims.clone();
        result[unknown] = (int) (from.size() / known);
        return Shape.of(result);
    }

    static Node moveAxis(Node x, int from, int to) {
        List<Integer> order = axes(x);
        Integer axis = order.remove(x.shape().axis(from));
        order.add(x.shape().axis(to), axis);
        return Ops.permute(x, order.stream().mapToInt(Integer::intValue).toArray());
    }

    private static List<Integer> axes(Node x) {
        return new ArrayList<>(IntStream.range(0, x.shape().rank()).boxed().toList());
    }

    static Node squeeze(Node x) {
        return Ops.reshape(x, Shape.of(IntStream.of(x.shape().dims()).filter(dim -> dim != 1).toArray()));
    }

    static Node squeeze(Node x, Axes axes) {
        Shape shape = x.shape();
        int[] gone = axes.resolve(shape);
        for (int i = gone.length - 1; i >= 0; i--) {
            if (shape.dim(gone[i]) != 1) {
                throw ShapeException.of("squeeze: the axis has more than one element", "extent 1 along axis " + gone[i],
                        x.shape().toString());
            }
            shape = shape.without(gone[i]);
        }
        return Ops.reshape(x, shape);
    }

    static Node flatten(Node x, int fromAxis) {
        if (x.shape().isScalar() && (fromAxis == 0 || fromAxis == -1)) {
            return Ops.reshape(x, Shape.of(1));
        }
        int at = x.shape().axis(fromAxis);
        int rest = x.shape().slice(at, x.shape().rank()).length();
        return Ops.reshape(x, x.shape().slice(0, at).concat(Shape.of(rest)));
    }

    static Node roll(Node x, int axis, int shift) {
        int at = x.shape().axis(axis);
        int extent = x.shape().dim(at);
        int cut = extent == 0 ? 0 : Math.floorMod(-shift, extent);
        return cut == 0 ? x : Ops.concat(at, List.of(Ops.slice(x, at, cut, extent), Ops.slice(x, at, 0, cut)));
    }

    static Node tile(Node x, int... counts) {
        int rank = Math.max(counts.length, x.shape().rank());
        int[] stretched = new int[2 * rank];
        int[] result = new int[rank];
        for (int i = 1; i <= rank; i++) {
            int count = i <= counts.length ? counts[counts.length - i] : 1;
            int extent = i <= x.shape().rank() ? x.shape().dim(-i) : 1;
            stretched[2 * (rank - i)] = count;
            stretched[2 * (rank - i) + 1] = extent;
            result[rank - i] = count * extent;
        }
        Node spread = Ops.reshape(x, interleaved(stretched));
        return Ops.reshape(Ops.broadcast(spread, Shape.of(stretched)), Shape.of(result));
    }

    private static Shape interleaved(int[] stretched) {
        return Shape.of(IntStream.range(0, stretched.length).map(i -> i % 2 == 0 ? 1 : stretched[i]).toArray());
    }

    static Node repeat(Node x, int axis, int count) {
        int at = x.shape().axis(axis);
        Shape apart = x.shape().insert(at + 1, 1);
        Node stretched = Ops.broadcast(Ops.reshape(x, apart), x.shape().insert(at + 1, count));
        return Ops.reshape(stretched, x.shape().with(at, x.shape().dim(at) * count));
    }

    static Node pad(Node x, int axis, int before, int after, double value) {
        int at = x.shape().axis(axis);
        if (before < 0 || after < 0) {
            throw ShapeException.of("pad: a negative count", "counts of at least 0; to cut off use slice",
                    before + " before and " + after + " after along axis " + axis + " of " + x.shape());
        }
        Checks.scalar(x.dtype(), value);
        List<Integer> none = Collections.nCopies(x.shape().rank(), 0);
        return Ops.pad(x, single(none, at, before), single(none, at, after), none, value);
    }

    private static List<Integer> single(List<Integer> list, int at, int value) {
        List<Integer> result = new ArrayList<>(list);
        result.set(at, value);
        return result;
    }

    static List<Tensor> split(Tensor x, int axis, int parts) {
        int extent = x.dim(axis);
        if (parts < 1 || extent % parts != 0) {
            throw ShapeException.of("split: no equal parts", "a number of parts that divides " + extent,
                    parts + " parts along axis " + axis + " of " + x.shape());
        }
        int[] extents = new int[parts];
        Arrays.fill(extents, extent / parts);
        return split(x, axis, extents);
    }

    static List<Tensor> split(Tensor x, int axis, int[] extents) {
        if (IntStream.of(extents).sum() != x.dim(axis) || IntStream.of(extents).anyMatch(e -> e < 0)) {
            throw ShapeException.of("split: the parts do not add up", "extents >= 0 with sum " + x.dim(axis),
                    Arrays.toString(extents) + " along axis " + axis + " of " + x.shape());
        }
        List<Tensor> result = new ArrayList<>();
        int from = 0;
        for (int extent : extents) {
            result.add(Tensor.of(Ops.slice(x.node(), axis, from, from + extent)));
            from += extent;
        }
        return List.copyOf(result);
    }

    static List<Tensor> unstack(Tensor x, int axis) {
        return IntStream.range(0, x.dim(axis)).mapToObj(i -> x.select(axis, i)).toList();
    }

    /** By gathering from the flattened matrix: the diagonal is every (columns + 1)th element. */
    static Node diagonal(Node x) {
        Checks.rank("diagonal", 2, x);
        int columns = x.shape().dim(-1);
        int length = Math.min(x.shape().dim(-2), columns);
        Node flat = flatten(x, -2);
        Node places = Ops.mul(Ops.iota(new Type(DType.INT32, Shape.of(length)), 0), columns + 1);
        return Node.of(new Op.Gather(flat.shape().rank() - 1), flat, places);
    }
}
