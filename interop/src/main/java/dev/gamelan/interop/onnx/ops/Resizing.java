package dev.gamelan.interop.onnx.ops;

import dev.gamelan.interop.onnx.value.Value;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
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
    private static List<Value> upsample(Call c, double[] scales) {
        String mode = c.attribute("mode", "nearest");
        Tensor x = c.tensor(0);
        Tensor result = x;
        for (int axis = 0; axis < x.rank(); axis++) {
            int extent = (int) Math.floor(x.dim(axis) * scales[axis]);
            c.room((double) extent * result.size() / Math.max(1, x.dim(axis)), Long.BYTES);
            Interpolation.Axis sampling = new Interpolation.Axis(x.dim(axis), extent, scales[axis], "asymmetric", 0, 1);
            Interpolation how = new Interpolation(mode.contains("linear") || mode.equals("bilinear") ? "linear" : "nearest", "floor", -0.75,
                    false, false, 0);
            result = how.apply(result, axis, sampling);
        }
        return c.same(result);
    }

    private static List<Value> resize(Call c) {
        Tensor x = c.tensor(0);
        int[] axes = c.attributeInts("axes").orElseGet(() -> IntStream.range(0, x.rank()).toArray());
        double[] scales = new double[axes.length];
        int[] extents = new int[axes.length];
        Optional<int[]> sizes = c.has(3) && c.tensor(3).size() > 0 ? Optional.of(c.ints(3)) : Optional.empty();
        for (int i = 0; i < axes.length; i++) {
            int axis = x.shape().axis(axes[i]);
            int extent = x.dim(axis);
            scales[i] = sizes.isPresent() ? (double) sizes.get()[i] / extent : (float) c.doubles(2)[i];
            extents[i] = sizes.isPresent() ? sizes.get()[i] : (int) Math.floor(extent * scales[i]);
        }
        if (sizes.isPresent()) {
            keepRatio(c, x.shape(), axes, scales, extents);
        }
        double size = x.size();
        for (int i = 0; i < axes.length; i++) {
            size *= (double) extents[i] / Math.max(1, x.dim(axes[i]));
            c.room(Math.max(size, extents[i]), Long.BYTES);
        }
        String mode = c.attribute("mode", "nearest");
        Interpolation how = new Interpolation(mode, c.attribute("nearest_mode", "round_prefer_floor"), c.attribute("cubic_coeff_a", -0.75),
                c.flag("exclude_outside", false), c.flag("antialias", false), c.attribute("extrapolation_value", 0.0));
        String transformation = c.attribute("coordinate_transformation_mode", "half_pixel");
        double[] roi = transformation.equals("tf_crop_and_resize") ? c.doubles(1) : new double[0];
        return c.same(resized(x, axes, scales, extents, how, transformation, roi));
    }

    private static Tensor resized(Tensor x, int[] axes, double[] scales, int[] extents, Interpolation how, String transformation,
            double[] roi) {
        boolean fractions = x.dtype().isFloating() || how.mode().equals("nearest");
        Tensor result = fractions ? x : x.cast(DType.FLOAT32);
        for (int i = 0; i < axes.length; i++) {
            int axis = x.shape().axis(axes[i]);
            double start = roi.length > 0 ? roi[i] : 0;
            double end = roi.length > 0 ? roi[i + axes.length] : 1;
            boolean same = extents[i] == x.dim(axis) && scales[i] == 1 && roi.length == 0;
            if (!same) {
                result = how.apply(result, axis, new Interpolation.Axis(x.dim(axis), extents[i], scales[i], transformation, start, end));
            }
        }
        return fractions ? result : rounded(result, x.dtype());
    }

    private static Tensor rounded(Tensor x, DType dtype) {
        return switch (dtype) {
            case UINT8 -> x.round().clamp(0, 255).cast(dtype);
            case INT8 -> x.round().clamp(-128, 127).cast(dtype);
            case INT32, INT64, FLOAT32, FLOAT64, FLOAT16, BFLOAT16, BOOL -> x.round().cast(dtype);
        };
    }

    /** One scale for all axes: the least or largest that the wanted extents ask for. */
    private static void keepRatio(Call c, Shape shape, int[] axes, double[] scales, int[] extents) {
        String policy = c.attribute("keep_aspect_ratio_policy", "stretch");
        if (policy.equals("stretch")) {
            return;
        }
        double scale = policy.equals("not_larger") ? Arrays.stream(scales).min().orElse(1) : Arrays.stream(scales).max().orElse(1);
        for (int i = 0; i < axes.length; i++) {
            scales[i] = scale;
            extents[i] = (int) Math.floor(scale * shape.dim(axes[i]) + 0.5);
        }
    }
}
