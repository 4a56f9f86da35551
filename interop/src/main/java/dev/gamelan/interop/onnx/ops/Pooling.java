package dev.gamelan.interop.onnx.ops;

import dev.gamelan.interop.onnx.value.ElementType;
import dev.gamelan.interop.onnx.value.Value;
import dev.gamelan.ir.Window;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Axes;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** Pooling over windows, and over everything. */
final class Pooling {

    private Pooling() {}

    static void register(Registry r) {
        r.op("MaxPool", Pooling::maxPool).op("AveragePool", Pooling::averagePool).op("LpPool", Pooling::lpPool);
        r.op("GlobalAveragePool", c -> c.same(ChannelsLast.over(c.tensor(0), spatialAxes(c), (x, axes) -> x.mean(Axes.keep(axes)))));
        r.op("GlobalMaxPool", c -> c.same(ChannelsLast.over(c.tensor(0), spatialAxes(c), (x, axes) -> x.max(Axes.keep(axes)))));
        r.op("GlobalLpPool", c -> c.same(root(power(c.tensor(0), norm(c)).sum(spatial(c)), norm(c))));
    }

    private static Axes spatial(Call c) {
        return Axes.keep(spatialAxes(c));
    }

    private static int[] spatialAxes(Call c) {
        return IntStream.range(2, c.tensor(0).rank()).toArray();
    }

    private static Shape kernel(Call c) {
        return Shape.of(c.attributeInts("kernel_shape").orElseThrow(() -> Call.unsupported("a kernel_shape", "none")));
    }

    /** With {@code ceil_mode} a last window that begins inside may reach over the end: padding makes room for it. */
    private static Window window(Call c, Shape input, Shape kernel) {
        Window window = Windows.window(c, input, kernel);
        if (!c.flag("ceil_mode", false)) {
            return window;
        }
        List<Integer> high = new ArrayList<>();
        for (int i = 0; i < kernel.rank(); i++) {
            int stride = window.stride().get(i);
            int reach = (kernel.dim(i) - 1) * window.dilation().get(i) + 1;
            int padded = input.dim(i) + window.padLow().get(i) + window.padHigh().get(i);
            int steps = Math.ceilDiv(padded - reach, stride);
            if (steps * stride >= input.dim(i) + window.padLow().get(i)) {
                steps--;
            }
            high.add(Math.max(window.padHigh().get(i), steps * stride + reach - input.dim(i) - window.padLow().get(i)));
        }
        return new Window(window.stride(), window.padLow(), high, window.dilation());
    }

    static List<Value> maxPool(Call c) {
        Tensor x = c.tensor(0);
        Shape kernel = kernel(c);
        Window window = window(c, Windows.spatial(x), kernel);
        if (c.outputs() > 1) {
            return maxPoolWithPlaces(c, x, kernel, window);
        }
        return c.same(Grid.toFirst(Tensors.maxPool(Grid.toLast(x), kernel, window)));
    }

    /** One element of each window after another; an element wins if it is larger than all before it. */
    private static List<Value> maxPoolWithPlaces(Call c, Tensor x, Shape kernel, Window window) {
        Shape output = window.output(Windows.spatial(x), kernel);
        double least = x.dtype().isFloating() ? Double.NEGATIVE_INFINITY : c.type(0).least();
        Tensor padded = padded(x, window, least);
        Tensor places = padded(flatPlaces(x.shape(), c.flag("storage_order", false)), window, 0);
        Tensor best = null;
        Tensor place = null;
        for (int offset = 0; offset < kernel.length(); offset++) {
            Tensor candidate = at(padded, kernel, window, output, offset);
            Tensor own = at(places, kernel, window, output, offset);
            if (best == null || place == null) {
                best = candidate;
                place = own;
            } else {
                Tensor wins = candidate.greater(best);
                place = own.where(wins, place);
                best = candidate.where(wins, best);
            }
        }
        return List.of(Value.of(c.type(0), java.util.Objects.requireNonNull(best)),
                Value.of(ElementType.INT64, java.util.Objects.requireNonNull(place).cast(DType.INT64)));
    }

    private static Tensor flatPlaces(Shape shape, boolean columns) {
        if (!columns) {
            return Tensor.arange(shape.length()).reshape(shape);
        }
        // The first spatial axis counts fastest.
        Tensor place = Tensor.scalar(DType.INT32, 0);
        int stride = 1;
        for (int axis = 2; axis < shape.rank(); axis++) {
            place = place.add(Grid.places(shape, axis).mul(stride));
            stride *= shape.dim(axis);
        }
        return place.add(Grid.places(shape, 1).mul(stride)).add(Grid.places(shape, 0).mul(stride * shape.dim(1)));
    }

    private static Tensor padded(Tensor x, Window window, double value) {
        Tensor result = x;
        for (int i = 0; i < window.rank(); i++) {
            result = result.pad(i + 2, window.padLow().get(i), window.padHigh().get(i), value);
        }
        return result;
    }

    /** The element at an offset in each window, of a tensor with its padding. */
    private static Tensor at(Tensor padded, Shape kernel, Window window, Shape output, int offset) {
        Tensor result = padded;
        int[] strides = kernel.strides();
        for (int i = 0; i < kernel.rank(); i++) {
            int start = offset / strides[i] % kernel.dim(i) * window.dilation().get(i);
            int stride = window.stride().get(i);
            result = result.slice(i + 2, start, start + (output.dim(i) - 1) * stride + 1, stride);
        }
        return result;
    }

    private static List<Value> averagePool(Call c) {
        return c.same(average(c, c.tensor(0), c.flag("count_include_pad", false)));
    }

    static Tensor average(Call c, Tensor x, boolean countPadding) {
        Shape kernel = kernel(c);
        Window window = window(c, Windows.spatial(x), kernel);
        if (!countPadding) {
            return Grid.toFirst(Tensors.avgPool(Grid.toLast(x), kernel, window, false));
        }
        // What the node pads counts, what ceil_mode adds does not: so the former is made a part of the tensor.
        Window own = Windows.window(c, Windows.spatial(x), kernel);
        List<Integer> none = own.padLow().stream().map(_ -> 0).toList();
        List<Integer> rest = IntStream.range(0, kernel.rank()).mapToObj(i -> window.padHigh().get(i) - own.padHigh().get(i)).toList();
        Window inner = new Window(own.stride(), none, rest, own.dilation());
        return Grid.toFirst(Tensors.avgPool(Grid.toLast(padded(x, own, 0)), kernel, inner, false));
    }

    private static List<Value> lpPool(Call c) {
        int p = norm(c);
        Tensor x = power(c.tensor(0), p);
        Shape kernel = kernel(c);
        Tensor mean = Grid.toFirst(Tensors.avgPool(Grid.toLast(x), kernel, window(c, Windows.spatial(x), kernel), true));
        return c.same(root(mean.mul(kernel.size()), p));
    }

    /** A FLOAT in the first version. */
    private static int norm(Call c) {
        return c.version() < 2 ? (int) c.attribute("p", 2.0) : c.attribute("p", 2);
    }

    private static Tensor power(Tensor x, int p) {
        return p == 2 ? x.square() : p == 1 ? x.abs() : x.abs().pow(p);
    }

    private static Tensor root(Tensor x, int p) {
        return p == 2 ? x.sqrt() : p == 1 ? x : x.pow(1.0 / p);
    }
}
