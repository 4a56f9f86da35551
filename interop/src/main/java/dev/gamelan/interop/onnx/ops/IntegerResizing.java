package dev.gamelan.interop.onnx.ops;

import dev.gamelan.interop.onnx.value.ElementType;
import dev.gamelan.shape.DType;
import dev.gamelan.tensor.Tensor;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;

/**
 * {@code Resize} of integers in the types that ONNX Runtime has. It cuts what linear interpolation gives, so sums are in FLOAT and in
 * its order; with antialiasing it rounds after each axis, those of bytes in fixed point.
 */
final class IntegerResizing {

    /** Of the weights of bytes. */
    private static final double FIXED_POINT = 1 << 22;

    private IntegerResizing() {}

    static boolean has(ElementType type, Interpolation how, int axes) {
        boolean known = type == ElementType.UINT8 || type == ElementType.INT8 || type == ElementType.INT32;
        return known && axes > 0 && (how.antialias() || how.mode().equals("linear") && axes <= 2);
    }

    static Tensor apply(Tensor x, ElementType type, Interpolation how, SortedMap<Integer, Interpolation.Axis> axes) {
        return how.antialias() ? smoothed(x, type, how, axes) : linear(x, type, axes, how.outside());
    }

    private static Tensor smoothed(Tensor x, ElementType type, Interpolation how, SortedMap<Integer, Interpolation.Axis> axes) {
        double point = type == ElementType.INT32 ? 1 : FIXED_POINT;
        Tensor result = x.cast(DType.FLOAT64);
        for (Map.Entry<Integer, Interpolation.Axis> each : last(axes)) {
            Tensor sum = how.apply(result, each.getKey(), each.getValue(), point);
            result = sum.add(point / 2).div(point).floor().clamp(type.least(), type.most());
        }
        return result.cast(x.dtype());
    }

    private static List<Map.Entry<Integer, Interpolation.Axis>> last(SortedMap<Integer, Interpolation.Axis> axes) {
        List<Map.Entry<Integer, Interpolation.Axis>> entries = new ArrayList<>(axes.entrySet());
        entries.sort(Comparator.comparing(Map.Entry<Integer, Interpolation.Axis>::getKey).reversed());
        return entries;
    }

    /** Two elements along each axis, and their weights; where they are the same one, half of it twice. */
    private record Pair(int axis, int[][] sources, float[][] weights, boolean[] outside) {

        static Pair of(int axis, Interpolation.Axis sampling) {
            int[][] sources = new int[2][sampling.result()];
            float[][] weights = new float[2][sampling.result()];
            boolean[] outside = new boolean[sampling.result()];
            for (int i = 0; i < sampling.result(); i++) {
                float original = sampling.original(i);
                outside[i] = sampling.isOutside(original);
                float at = Math.clamp(original, 0, Math.max(0, sampling.extent() - 1));
                sources[0][i] = Math.min((int) at, sampling.extent() - 1);
                sources[1][i] = Math.min(sources[0][i] + 1, sampling.extent() - 1);
                boolean one = sources[0][i] == sources[1][i];
                weights[0][i] = one ? 0.5f : Math.abs(at - sources[1][i]);
                weights[1][i] = one ? 0.5f : Math.abs(at - sources[0][i]);
            }
            return new Pair(axis, sources, weights, outside);
        }

        Tensor take(Tensor x, int side) {
            return x.take(axis, Tensor.ofInts(sources[side]));
        }

        Tensor weight(int side, int rank) {
            return Grid.along(Tensor.of(weights[side], weights[side].length), axis, rank);
        }
    }

    private static Tensor linear(Tensor given, ElementType type, SortedMap<Integer, Interpolation.Axis> axes, double beyond) {
        Tensor x = given.cast(DType.FLOAT32);
        Pair across = pair(axes, axes.lastKey());
        int rank = x.rank();
        Tensor sum;
        if (axes.size() == 1) {
            // Another axis of one element weighs all by a half twice, which changes no bit.
            sum = across.take(x, 0).mul(across.weight(0, rank)).add(across.take(x, 1).mul(across.weight(1, rank)));
        } else {
            Pair down = pair(axes, axes.firstKey());
            sum = corner(x, across, 0, down, 0).add(corner(x, across, 1, down, 0)).add(corner(x, across, 0, down, 1))
                    .add(corner(x, across, 1, down, 1));
            sum = outside(sum, down, beyond);
        }
        return Casts.cast(outside(sum, across, beyond), ElementType.FLOAT, type);
    }

    private static Pair pair(SortedMap<Integer, Interpolation.Axis> axes, int axis) {
        return Pair.of(axis, Objects.requireNonNull(axes.get(axis)));
    }

    private static Tensor corner(Tensor x, Pair across, int right, Pair down, int below) {
        Tensor weight = across.weight(right, x.rank()).mul(down.weight(below, x.rank()));
        return across.take(down.take(x, below), right).mul(weight);
    }

    private static Tensor outside(Tensor sum, Pair pair, double beyond) {
        boolean any = false;
        for (boolean each : pair.outside) {
            any |= each;
        }
        return any ? sum.fullLike(beyond).where(Grid.along(Tensor.ofBooleans(pair.outside), pair.axis, sum.rank()), sum) : sum;
    }
}
