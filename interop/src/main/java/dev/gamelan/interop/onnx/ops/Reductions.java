package dev.gamelan.interop.onnx.ops;

import dev.gamelan.interop.onnx.value.ElementType;
import dev.gamelan.interop.onnx.value.Value;
import dev.gamelan.shape.DType;
import dev.gamelan.tensor.Axes;
import dev.gamelan.tensor.Tensor;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.UnaryOperator;

/** Operators that combine the elements along some axes. */
final class Reductions {

    private Reductions() {}

    static void register(Registry r) {
        reduce(r, "ReduceSum", 13, Tensor::sum);
        reduce(r, "ReduceMean", 18, Reductions::mean);
        ordered(r, "ReduceMax", (x, axes) -> numbers(x, y -> y.max(axes)));
        ordered(r, "ReduceMin", (x, axes) -> numbers(x, y -> y.min(axes)));
        reduce(r, "ReduceProd", 18, Tensor::prod);
        reduce(r, "ReduceL1", 18, (x, axes) -> x.abs().sum(axes));
        reduce(r, "ReduceL2", 18, (x, axes) -> floating(x, y -> root(y.square().sum(axes))));
        reduce(r, "ReduceSumSquare", 18, (x, axes) -> x.mul(x).sum(axes));
        reduce(r, "ReduceLogSum", 18, (x, axes) -> floating(x, y -> y.sum(axes).log()));
        reduce(r, "ReduceLogSumExp", 18, (x, axes) -> floating(x, y -> y.logSumExp(axes)));
        r.op("ArgMax", c -> arg(c, Tensor::argmax)).op("ArgMin", c -> arg(c, Tensor::argmin));
        r.op("CumSum", Reductions::cumSum).op("CumProd", Reductions::cumProd);
        r.op("TopK", 1, c -> topK(c, c.attribute("k", 1), true)).op("TopK", 10, c -> topK(c, c.integer(1), c.flag("largest", true)));
    }

    private static void ordered(Registry r, String op, BiFunction<Tensor, Axes, Tensor> function) {
        r.op(op, c -> {
            UnaryOperator<Tensor> order = x -> Elementwise.ordered(c.type(0), x);
            return reduced(c, 18, (x, axes) -> order.apply(function.apply(order.apply(x), axes)));
        });
    }

    /** A norm from its sum of squares. As in PyTorch its slope at zero is 0: a row of zeros, such as padding, learns nothing, and not NaN. */
    static Tensor root(Tensor squares) {
        Tensor positive = squares.ne(0);
        return squares.where(positive, 1).sqrt().where(positive, 0);
    }

    /** @param inputSince the version from which on the axes are an input */
    private static void reduce(Registry r, String op, int inputSince, BiFunction<Tensor, Axes, Tensor> function) {
        r.op(op, c -> reduced(c, inputSince, function));
    }

    private static List<Value> reduced(Call c, int inputSince, BiFunction<Tensor, Axes, Tensor> function) {
        Optional<int[]> axes = c.intsFrom("axes", 1, inputSince);
        boolean none = axes.isEmpty() || axes.get().length == 0;
        Axes over = !none ? Axes.of(axes.get()) : c.flag("noop_with_empty_axes", false) ? Axes.of() : Axes.all();
        if (!none && c.flag("keepdims", true)) {
            return c.arithmetic(ChannelsLast.over(c.tensor(0), axes.get(), (x, own) -> function.apply(x, Axes.keep(own))));
        }
        return c.arithmetic(function.apply(c.tensor(0), c.flag("keepdims", true) ? over.keepDims() : over));
    }

    /** BOOL as 0 and 1. */
    private static Tensor numbers(Tensor x, UnaryOperator<Tensor> function) {
        return x.dtype() == DType.BOOL ? function.apply(x.cast(DType.UINT8).minimum(1)).minimum(1).cast(DType.BOOL) : function.apply(x);
    }

    /** Integer means are cut towards zero. */
    private static Tensor mean(Tensor x, Axes axes) {
        if (x.dtype().isFloating()) {
            return x.mean(axes);
        }
        Tensor sum = x.sum(axes);
        return sum.div(Math.max(1, x.size() / Math.max(1, sum.size())));
    }

    private static Tensor floating(Tensor x, UnaryOperator<Tensor> function) {
        return x.dtype().isFloating() ? function.apply(x) : function.apply(x.cast(DType.FLOAT64)).cast(x.dtype());
    }

    private static List<Value> arg(Call c, BiFunction<Tensor, Integer, Tensor> function) {
        Tensor x = Elementwise.ordered(c.type(0), c.tensor(0));
        int axis = x.shape().axis(c.attribute("axis", 0));
        Tensor place = function.apply(x, axis);
        if (c.flag("select_last_index", false)) {
            place = function.apply(x.flip(axis), axis).rsub(x.dim(axis) - 1);
        }
        Tensor wide = place.cast(DType.INT64);
        return Call.one(ElementType.INT64, c.flag("keepdims", true) ? wide.expandDims(axis) : wide);
    }

    private static List<Value> cumSum(Call c) {
        return running(c, (x, axis) -> c.type(0).wrap(x.cumsum(axis)), 0);
    }

    private static List<Value> cumProd(Call c) {
        return running(c, Tensor::cumprod, 1);
    }

    private static List<Value> running(Call c, BiFunction<Tensor, Integer, Tensor> function, double start) {
        Tensor x = c.tensor(0);
        int axis = x.shape().axis(c.integer(1));
        boolean reverse = c.flag("reverse", false);
        Tensor forward = reverse ? x.flip(axis) : x;
        if (c.flag("exclusive", false)) {
            forward = forward.pad(axis, 1, 0, start).slice(axis, 0, x.dim(axis));
        }
        Tensor result = function.apply(forward, axis);
        return c.same(reverse ? result.flip(axis) : result);
    }

    private static List<Value> topK(Call c, int k, boolean largest) {
        Tensor x = c.tensor(0);
        int axis = x.shape().axis(c.attribute("axis", -1));
        if (x.dtype() == DType.BOOL || k > x.dim(axis)) {
            throw Call.unsupported("at most " + x.dim(axis) + " numbers along the axis", "k = " + k + " of " + x.shape());
        }
        Tensor sorted = Elementwise.ordered(c.type(0), x);
        Tensor order = largest ? sorted.topK(k, axis).indices() : sorted.argsort(axis).slice(axis, 0, k);
        return List.of(Value.of(c.type(0), x.takeAlong(axis, order)), Value.of(ElementType.INT64, order.cast(DType.INT64)));
    }
}
