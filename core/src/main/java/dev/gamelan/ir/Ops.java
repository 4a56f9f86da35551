package dev.gamelan.ir;

import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;

/** Makes nodes the way a person would write them: broadcasts, fills in the obvious, accepts negative axes. */
public final class Ops {

    private Ops() {}

    // ---- leaves --------------------------------------------------------------------------------------------------

    public static Node input(Type type, String name) {
        return Node.of(new Op.Input(type, name));
    }

    /** The number everywhere; for integer types it must be a whole number. */
    public static Node fill(Type type, double value) {
        boolean fraction = type.dtype().isFloating() || type.dtype().isStorageOnly();
        return Node.of(new Op.Fill(type, fraction ? (Number) value : (Number) (long) value));
    }

    /** A rank-0 number of this type. */
    public static Node scalar(DType dtype, double value) {
        return fill(new Type(dtype, Shape.SCALAR), value);
    }

    public static Node fillLike(Node x, double value) {
        return fill(x.type(), value);
    }

    public static Node iota(Type type, int axis) {
        return Node.of(new Op.Iota(type, type.shape().axis(axis)));
    }

    // ---- element-wise --------------------------------------------------------------------------------------------

    public static Node unary(Op.UnaryKind kind, Node x) {
        return Node.of(new Op.Unary(kind), x);
    }

    public static Node neg(Node x) {
        return unary(Op.UnaryKind.NEG, x);
    }

    /** Broadcasts both operands. */
    public static Node binary(Op.BinaryKind kind, Node a, Node b) {
        Rules.sameDType(Rules.name(kind), a.type(), b.type());
        Shape shape = broadcastShape(Rules.name(kind), a, b);
        return Node.of(new Op.Binary(kind), broadcast(a, shape), broadcast(b, shape));
    }

    /** With a number of a's own type. */
    public static Node binary(Op.BinaryKind kind, Node a, double b) {
        return Node.of(new Op.Binary(kind), a, fillLike(a, b));
    }

    public static Node add(Node a, Node b) {
        return binary(Op.BinaryKind.ADD, a, b);
    }

    public static Node sub(Node a, Node b) {
        return binary(Op.BinaryKind.SUB, a, b);
    }

    public static Node mul(Node a, Node b) {
        return binary(Op.BinaryKind.MUL, a, b);
    }

    public static Node mul(Node a, double b) {
        return binary(Op.BinaryKind.MUL, a, b);
    }

    public static Node div(Node a, Node b) {
        return binary(Op.BinaryKind.DIV, a, b);
    }

    public static Node compare(Op.CompareKind kind, Node a, Node b) {
        Shape shape = broadcastShape(Rules.name(kind), a, b);
        return Node.of(new Op.Compare(kind), broadcast(a, shape), broadcast(b, shape));
    }

    public static Node compare(Op.CompareKind kind, Node a, double b) {
        return Node.of(new Op.Compare(kind), a, fillLike(a, b));
    }

    public static Node select(Node condition, Node a, Node b) {
        Rules.sameDType("where", a.type(), b.type());
        Shape shape = Shape.broadcast(condition.shape(), broadcastShape("where", a, b));
        return Node.of(new Op.Select(), broadcast(condition, shape), broadcast(a, shape), broadcast(b, shape));
    }

    public static Node cast(Node x, DType dtype) {
        return x.dtype() == dtype ? x : Node.of(new Op.Cast(dtype), x);
    }

    private static Shape broadcastShape(String op, Node a, Node b) {
        if (!a.shape().equals(b.shape()) && !a.shape().broadcastsTo(b.shape()) && !b.shape().broadcastsTo(a.shape())) {
            return checkedBroadcast(op, a.shape(), b.shape());
        }
        return Shape.broadcast(a.shape(), b.shape());
    }

    private static Shape checkedBroadcast(String op, Shape a, Shape b) {
        try {
            return Shape.broadcast(a, b);
        } catch (dev.gamelan.shape.ShapeException e) {
            throw dev.gamelan.shape.ShapeException.of(op + ": shapes do not broadcast", "equal extents, or 1, counted from the last axis",
                    a + " and " + b);
        }
    }

    // ---- layout --------------------------------------------------------------------------------------------------

    public static Node broadcast(Node x, Shape shape) {
        return x.shape().equals(shape) ? x : Node.of(new Op.Broadcast(shape), x);
    }

    public static Node reshape(Node x, Shape shape) {
        return x.shape().equals(shape) ? x : Node.of(new Op.Reshape(shape), x);
    }

    public static Node permute(Node x, int... order) {
        List<Integer> axes = new ArrayList<>(order.length);
        boolean identity = order.length == x.shape().rank();
        for (int i = 0; i < order.length; i++) {
            int axis = x.shape().axis(order[i]);
            axes.add(axis);
            identity &= axis == i;
        }
        return identity ? x : Node.of(new Op.Permute(axes), x);
    }

    /** Exchanges two axes. */
    public static Node swap(Node x, int a, int b) {
        List<Integer> order = new ArrayList<>(IntStream.range(0, x.shape().rank()).boxed().toList());
        Collections.swap(order, x.shape().axis(a), x.shape().axis(b));
        return permute(x, ints(order));
    }

    public static Node slice(Node x, int axis, int start, int limit, int step) {
        int at = x.shape().axis(axis);
        int rank = x.shape().rank();
        if (start == 0 && limit == x.shape().dim(at) && step == 1) {
            return x;
        }
        List<Integer> starts = new ArrayList<>(Collections.nCopies(rank, 0));
        List<Integer> limits = new ArrayList<>(IntStream.of(x.shape().dims()).boxed().toList());
        List<Integer> steps = new ArrayList<>(Collections.nCopies(rank, 1));
        starts.set(at, start);
        limits.set(at, limit);
        steps.set(at, step);
        return Node.of(new Op.Slice(starts, limits, steps), x);
    }

    public static Node slice(Node x, int axis, int start, int limit) {
        return slice(x, axis, start, limit, 1);
    }

    public static Node flip(Node x, int... axes) {
        return axes.length == 0 ? x : Node.of(new Op.Flip(axes(x, axes)), x);
    }

    /** Zeros (or another number) before, after and between the elements, per axis. */
    public static Node pad(Node x, List<Integer> low, List<Integer> high, List<Integer> inner, double value) {
        boolean nothing = IntStream.range(0, low.size()).allMatch(i -> low.get(i) == 0 && high.get(i) == 0 && inner.get(i) == 0);
        return nothing ? x : Node.of(new Op.Pad(low, high, inner), x, scalar(x.dtype(), value));
    }

    public static Node concat(int axis, List<Node> parts) {
        return parts.size() == 1 ? parts.getFirst()
                : Node.of(new Op.Concat(parts.getFirst().shape().axis(axis)), parts.toArray(Node[]::new));
    }

    // ---- reductions and contractions -----------------------------------------------------------------------------

    /** Over no axes at all this is x itself. */
    public static Node reduce(Op.ReduceKind kind, Node x, int... axes) {
        return axes.length == 0 ? x : Node.of(new Op.Reduce(kind, axes(x, axes)), x);
    }

    public static Node sum(Node x, int... axes) {
        return reduce(Op.ReduceKind.SUM, x, axes);
    }

    /** Sums x to a shape that broadcasts to x's: the transpose of {@link #broadcast}. */
    public static Node sumTo(Node x, Shape shape) {
        if (x.shape().equals(shape)) {
            return x;
        }
        int extra = x.shape().rank() - shape.rank();
        int[] axes = IntStream.range(0, x.shape().rank())
                .filter(i -> i < extra || shape.dim(i - extra) == 1 && x.shape().dim(i) != 1).toArray();
        return reshape(sum(x, axes), shape);
    }

    /** (batch..., m, k) x (batch..., k, n), batch extents broadcast. */
    public static Node matmul(Node a, Node b) {
        if (a.shape().rank() < 2 || b.shape().rank() < 2) {
            return Node.of(new Op.MatMul(), a, b);
        }
        Shape batch = checkedBroadcast("matmul", a.shape().slice(0, a.shape().rank() - 2), b.shape().slice(0, b.shape().rank() - 2));
        return Node.of(new Op.MatMul(), batched(a, batch), batched(b, batch));
    }

    private static Node batched(Node x, Shape batch) {
        return broadcast(x, batch.concat(x.shape().slice(x.shape().rank() - 2, x.shape().rank())));
    }

    /** The last two axes exchanged. */
    public static Node transpose(Node x) {
        return swap(x, -1, -2);
    }

    public static Node get(Node tuple, int index) {
        return Node.of(new Op.Get(index), tuple);
    }

    private static List<Integer> axes(Node x, int... axes) {
        return IntStream.of(axes).map(axis -> x.shape().axis(axis)).sorted().boxed().toList();
    }

    static int[] ints(List<Integer> list) {
        return list.stream().mapToInt(Integer::intValue).toArray();
    }
}
