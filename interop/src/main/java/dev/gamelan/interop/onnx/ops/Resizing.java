package dev.gamelan.interop.onnx.ops;

import dev.gamelan.interop.onnx.value.ElementType;
import dev.gamelan.interop.onnx.value.Value;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.IntStream;

/** {@code Resize} and {@code Upsample}: along one axis after another, each element of the result is a sum of a few. */
final class Resizing {

    private Resizing() {}

    static void register(Registry r) {
        r.op("Upsample", 1, c -> upsample(c, c.attributeDoubles("scales").orElseGet(() -> oldScales(c))));
        r.op("Upsample", 9, c -> upsample(c, c.doubles(1)));
        r.op("Resize", 10, c -> upsample(c, c.doubles(1)));
        r.op("Resize", 11, Resizing::resize);
    }

    private static double[] oldScales(Call c) {
        return new double[] {1, 1, c.attribute("height_scale", 1.0), c.attribute("width_scale", 1.0)};
    }

    /** Plain scales; positions count from the corner. */
    static List<Value> upsample(Call c, double[] scales) {
        String mode = c.attribute("mode", "nearest");
        Tensor x = c.tensor(0);
        int[] axes = IntStream.range(0, x.rank()).toArray();
        float[] factors = floats(scales);
        int[] extents = IntStream.of(axes).map(axis -> Interpolation.Axis.scaled(x.dim(axis), factors[axis])).toArray();
        room(c, x.shape(), axes, extents);
        Interpolation how = new Interpolation(mode.contains("linear") ? "linear" : "nearest", "simple", -0.75, false, false, 0);
        return c.same(resized(c.numbers(0), axes, factors, extents, how, "asymmetric", new float[0]));
    }

    private static void room(Call c, Shape shape, int[] axes, int[] extents) {
        double size = shape.size();
        for (int i = 0; i < axes.length; i++) {
            size *= (double) extents[i] / Math.max(1, shape.dim(axes[i]));
            c.room(Math.max(size, extents[i]), Long.BYTES);
        }
    }

    static List<Value> resize(Call c) {
        Tensor x = c.tensor(0);
        int[] axes = c.attributeInts("axes").orElseGet(() -> IntStream.range(0, x.rank()).toArray());
        float[] scales = new float[axes.length];
        int[] extents = new int[axes.length];
        Optional<int[]> sizes = c.has(3) && c.tensor(3).size() > 0 ? Optional.of(c.ints(3)) : Optional.empty();
        for (int i = 0; i < axes.length; i++) {
            int axis = x.shape().axis(axes[i]);
            int extent = x.dim(axis);
            scales[i] = sizes.isPresent() ? (float) sizes.get()[i] / extent : (float) c.doubles(2)[i];
            extents[i] = sizes.isPresent() ? sizes.get()[i] : Interpolation.Axis.scaled(extent, scales[i]);
        }
        if (sizes.isPresent()) {
            keepRatio(c, x.shape(), axes, scales, extents);
        }
        room(c, x.shape(), axes, extents);
        String mode = c.attribute("mode", "nearest");
        Interpolation how = new Interpolation(mode, c.attribute("nearest_mode", "round_prefer_floor"), c.attribute("cubic_coeff_a", -0.75),
                c.flag("exclude_outside", false), c.flag("antialias", false), c.attribute("extrapolation_value", 0.0));
        String transformation = c.attribute("coordinate_transformation_mode", "half_pixel");
        float[] roi = transformation.equals("tf_crop_and_resize") ? floats(c.doubles(1)) : new float[0];
        if (transformation.equals("align_corners") && c.isOfPyTorch()) {
            // ONNX's tests want the extent with its fraction here, PyTorch takes the whole one.
            for (int i = 0; i < axes.length; i++) {
                scales[i] = (float) extents[i] / x.dim(axes[i]);
            }
        }
        return c.same(resized(c.numbers(0), axes, scales, extents, how, transformation, roi));
    }

    private static float[] floats(double[] values) {
        float[] result = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            result[i] = (float) values[i];
        }
        return result;
    }

    private static Tensor resized(Value.Numbers value, int[] axes, float[] scales, int[] extents, Interpolation how,
            String transformation, float[] roi) {
        Tensor x = value.tensor();
        SortedMap<Integer, Interpolation.Axis> changed = new TreeMap<>();
        for (int i = 0; i < axes.length; i++) {
            int axis = x.shape().axis(axes[i]);
            float start = roi.length > 0 ? roi[i] : 0;
            float end = roi.length > 0 ? roi[i + axes.length] : 1;
            boolean same = extents[i] == x.dim(axis) && scales[i] == 1 && roi.length == 0;
            if (!same) {
                changed.put(axis, new Interpolation.Axis(x.dim(axis), extents[i], scales[i], transformation, start, end));
            }
        }
        boolean asItIs = x.dtype().isFloating() || how.mode().equals("nearest");
        if (!asItIs && IntegerResizing.has(value.type(), how, changed.size())) {
            return IntegerResizing.apply(x, value.type(), how, changed);
        }
        Tensor result = asItIs ? x : fractions(value);
        for (Map.Entry<Integer, Interpolation.Axis> each : ordered(changed)) {
            result = how.apply(result, each.getKey(), each.getValue());
        }
        return asItIs ? result : whole(result, value.type());
    }

    /**
     * Axes that get shorter before those that get longer, and of these the last first: then the last step, which has the most to
     * do, has the longest rows.
     */
    private static List<Map.Entry<Integer, Interpolation.Axis>> ordered(SortedMap<Integer, Interpolation.Axis> axes) {
        List<Map.Entry<Integer, Interpolation.Axis>> result = new ArrayList<>();
        int shorter = 0;
        for (Map.Entry<Integer, Interpolation.Axis> each : axes.entrySet()) {
            boolean shrinks = each.getValue().result() <= each.getValue().extent();
            result.add(shorter, each);
            shorter += shrinks ? 1 : 0;
        }
        return result;
    }

    /** In the floating type that has room for the integers. */
    private static Tensor fractions(Value.Numbers x) {
        return Casts.cast(x.tensor(), x.type(), x.type().bits() > 8 ? ElementType.DOUBLE : ElementType.FLOAT);
    }

    private static Tensor whole(Tensor x, ElementType type) {
        Tensor nearest = x.round();
        return type == ElementType.UINT64 ? Unsigned.fromFloating(nearest.clamp(0, 0x1p64))
                : type == ElementType.BOOL ? nearest.cast(DType.BOOL) : Quantization.saturated(nearest, type);
    }

    /** One scale for all axes: the least or largest that the wanted extents ask for. */
    private static void keepRatio(Call c, Shape shape, int[] axes, float[] scales, int[] extents) {
        String policy = c.attribute("keep_aspect_ratio_policy", "stretch");
        if (policy.equals("stretch") || scales.length == 0) {
            return;
        }
        float scale = scales[0];
        for (float each : scales) {
            scale = policy.equals("not_larger") ? Math.min(scale, each) : Math.max(scale, each);
        }
        for (int i = 0; i < axes.length; i++) {
            scales[i] = scale;
            extents[i] = (int) Math.floor((double) scale * shape.dim(axes[i]) + 0.5);
        }
    }
}
