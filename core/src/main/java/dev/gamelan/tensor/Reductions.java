package dev.gamelan.tensor;

import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Op.BinaryKind;
import dev.gamelan.ir.Op.ReduceKind;
import dev.gamelan.ir.Op.UnaryKind;
import dev.gamelan.ir.Ops;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import dev.gamelan.shape.ShapeException;
import java.util.Arrays;

/** Reductions over axes, and what is made of them. */
final class Reductions {

    private Reductions() {}

    private static Node reduce(ReduceKind kind, Node x, Axes axes) {
        int[] over = axes.resolve(x.shape());
        Node result = over.length == 0 ? x : Ops.reduce(kind, x, over);
        return axes.keep() ? Ops.reshape(result, kept(x.shape(), over)) : result;
    }

    private static Shape kept(Shape shape, int[] over) {
        int[] dims = shape.dims();
        for (int axis : over) {
            dims[axis] = 1;
        }
        return Shape.of(dims);
    }

    static Node sum(Node x, Axes axes) {
        return reduce(ReduceKind.SUM, x.dtype() == DType.BOOL ? Ops.cast(x, DType.INT32) : x, axes);
    }

    static Node prod(Node x, Axes axes) {
        Checks.numeric("prod", x);
        return reduce(ReduceKind.PROD, x, axes);
    }

    static Node max(Node x, Axes axes) {
        Checks.numeric("max", x);
        return reduce(ReduceKind.MAX, x, axes);
    }

    static Node min(Node x, Axes axes) {
        Checks.numeric("min", x);
        return reduce(ReduceKind.MIN, x, axes);
    }

    static Node any(Node x, Axes axes) {
        Checks.bool("any", x);
        return reduce(ReduceKind.MAX, x, axes);
    }

    static Node all(Node x, Axes axes) {
        Checks.bool("all", x);
        return reduce(ReduceKind.MIN, x, axes);
    }

    static Node mean(Node x, Axes axes) {
        Node numbers = x.dtype() == DType.BOOL ? Ops.cast(x, DType.FLOAT32) : x;
        Checks.floating("mean", numbers);
        return Pointwise.quotient(sum(numbers, axes), axes.count(x.shape()));
    }

    static Node variance(Node x, Axes axes) {
        return variance(x, axes, 0);
    }

    static Node variance(Node x, Axes axes, int correction) {
        Checks.floating("variance", x);
        Node deviation = Ops.sub(x, mean(x, axes.keepDims()));
        return Pointwise.quotient(sum(Pointwise.square(deviation), axes), axes.count(x.shape()) - correction);
    }

    static Node std(Node x, Axes axes) {
        return Pointwise.safeSqrt(variance(x, axes));
    }

    static Node norm(Node x, Axes axes) {
        Checks.floating("norm", x);
        return Pointwise.safeSqrt(sum(Pointwise.square(x), axes));
    }

    /** The maximum is only there against overflow, so no gradient flows through it; an infinite one would give NaN. */
    static Node logSumExp(Node x, Axes axes) {
        Checks.floating("logSumExp", x);
        Node max = Node.of(new Op.StopGradient(), max(x, axes.keepDims()));
        Node shift = Ops.select(Pointwise.isFinite(max), max, Ops.fillLike(max, 0));
        Node log = Ops.unary(UnaryKind.LOG, sum(Ops.unary(UnaryKind.EXP, Ops.sub(x, shift)), axes));
        return Ops.add(log, Ops.reshape(shift, log.shape()));
    }

    static Node softmax(Node x, int axis) {
        Checks.floating("softmax", x);
        Node exp = Ops.unary(UnaryKind.EXP, shifted(x, axis));
        return Ops.div(exp, sum(exp, Axes.keep(axis)));
    }

    static Node logSoftmax(Node x, int axis) {
        Checks.floating("logSoftmax", x);
        Node shifted = shifted(x, axis);
        return Ops.sub(shifted, Ops.unary(UnaryKind.LOG, sum(Ops.unary(UnaryKind.EXP, shifted), Axes.keep(axis))));
    }

    private static Node shifted(Node x, int axis) {
        return Ops.sub(x, Node.of(new Op.StopGradient(), max(x, Axes.keep(axis))));
    }

    /** Running values by doubling (Hillis and Steele, 1986): log2(n) rounds, each over everything. */
    static Node running(BinaryKind kind, Node x, int axis) {
        Checks.numeric("running " + kind, x);
        int at = x.shape().axis(axis);
        int extent = x.shape().dim(at);
        Node result = x;
        for (int shift = 1; shift < extent; shift *= 2) {
            Node earlier = Ops.slice(result, at, 0, extent - shift);
            Node later = Ops.slice(result, at, shift, extent);
            result = Ops.concat(at, Arrays.asList(Ops.slice(result, at, 0, shift), Ops.binary(kind, earlier, later)));
        }
        return result;
    }

    static Tensor quantile(Tensor x, double q, int axis) {
        Checks.floating("quantile", x.node());
        int extent = x.dim(axis);
        if (extent == 0 || !(q >= 0 && q <= 1)) {
            throw ShapeException.of("quantile: nothing to choose from",
                    "q from 0 to 1, and at least one element along axis " + axis,
                    "q = " + q + " of " + x.shape());
        }
        Tensor sorted = x.sort(axis);
        double place = q * (extent - 1);
        int below = (int) place;
        Tensor low = sorted.select(axis, below);
        Tensor high = sorted.select(axis, Math.min(below + 1, extent - 1));
        Tensor result = place == below ? low : low.lerp(high, place - below);
        Tensor last = sorted.select(axis, -1);
        return last.where(last.isNaN(), result);
    }
}
