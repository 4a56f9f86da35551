package dev.gamelan.interop.onnx.ops;

import dev.gamelan.tensor.Tensor;

/**
 * How values between elements are made.
 *
 * @param mode nearest, linear or cubic
 * @param nearest how nearest rounds
 * @param cubic the coefficient a of the cubic kernel (Keys, 1981)
 * @param excludeOutside whether elements outside weigh nothing, instead of repeating the edge
 * @param antialias whether the kernel is stretched where the result is smaller
 * @param outside what lies outside of a region
 */
record Interpolation(String mode, String nearest, double cubic, boolean excludeOutside, boolean antialias, double outside) {

    /**
     * One axis. Positions are computed in FLOAT, step by step as ONNX Runtime and PyTorch do, since the nearest element may be another
     * one where they are rounded otherwise.
     *
     * @param extent before
     * @param result extent after
     * @param start of the region, as a share of the extent
     * @param end of the region
     */
    record Axis(int extent, int result, float scale, String transformation, float start, float end) {

        /** The extent that a scale makes of another. */
        static int scaled(int extent, float scale) {
            return (int) Math.floor(extent * scale);
        }

        boolean isOutside(float at) {
            return transformation.equals("tf_crop_and_resize") && (at < 0 || at > extent - 1);
        }

        /** Where an element of the result lies in the original. */
        float original(int i) {
            return switch (transformation) {
                case "asymmetric" -> i / scale;
                case "half_pixel" -> (i + 0.5f) / scale - 0.5f;
                case "pytorch_half_pixel" -> result > 1 ? (i + 0.5f) / scale - 0.5f : 0;
                case "tf_half_pixel_for_nn" -> (i + 0.5f) / scale;
                // By the extent that the scale asks for, which may have a fraction.
                case "align_corners" -> result == 1 ? 0 : (float) ((double) i * (extent - 1) / ((double) scale * extent - 1));
                case "half_pixel_symmetric" -> {
                    float center = extent / 2f;
                    float offset = center * (1 - result / (scale * extent));
                    yield offset + (i + 0.5f) / scale - 0.5f;
                }
                case "tf_crop_and_resize" -> result > 1 ? start * (extent - 1) + i * (end - start) * (extent - 1) / (result - 1)
                        : 0.5f * (start + end) * (extent - 1);
                default -> throw Call.unsupported("a coordinate_transformation_mode of ONNX's list", transformation);
            };
        }
    }

    private record Taps(int[][] sources, double[][] weights, boolean[] outside) {}

    Tensor apply(Tensor given, int alongAxis, Axis sampling) {
        return ChannelsLast.along(given, alongAxis, (x, axis) -> own(x, axis, taps(sampling)));
    }

    /** With weights that are whole multiples of {@code 1 / point}, times {@code point}. */
    Tensor apply(Tensor given, int axis, Axis sampling, double point) {
        Taps taps = taps(sampling);
        for (double[] weights : taps.weights) {
            for (int i = 0; i < weights.length && point > 1; i++) {
                weights[i] = Math.rint(weights[i] * point);
            }
        }
        return own(given, axis, taps);
    }

    private Tensor own(Tensor x, int axis, Taps taps) {
        Tensor result = sum(x, axis, taps);
        boolean any = false;
        for (boolean each : taps.outside) {
            any |= each;
        }
        if (!any) {
            return result;
        }
        Tensor mask = Grid.along(Tensor.ofBooleans(taps.outside), axis, x.rank());
        return result.fullLike(outside).where(mask, result);
    }

    private Tensor sum(Tensor x, int axis, Taps taps) {
        if (mode.equals("nearest")) {
            return x.take(axis, Tensor.ofInts(taps.sources[0]));
        }
        Tensor sum = null;
        for (int k = 0; k < taps.sources.length; k++) {
            Tensor weights = Grid.along(Tensor.ofDoubles(taps.weights[k]).cast(x.dtype()), axis, x.rank());
            Tensor part = x.take(axis, Tensor.ofInts(taps.sources[k])).mul(weights);
            sum = sum == null ? part : sum.add(part);
        }
        return java.util.Objects.requireNonNull(sum);
    }

    private Taps taps(Axis axis) {
        boolean shrinks = antialias && axis.scale < 1;
        double scale = shrinks ? axis.scale : 1;
        int reach = mode.equals("nearest") ? 1 : (int) Math.ceil((mode.equals("cubic") ? 2 : 1) / scale);
        int count = mode.equals("nearest") ? 1 : 2 * reach;
        int[][] sources = new int[count][axis.result];
        double[][] weights = new double[count][axis.result];
        boolean[] beyond = new boolean[axis.result];
        for (int i = 0; i < axis.result; i++) {
            float at = axis.original(i);
            beyond[i] = axis.isOutside(at);
            if (mode.equals("nearest")) {
                sources[0][i] = Math.clamp(round(at, axis.scale), 0, Math.max(0, axis.extent - 1));
            } else {
                kernel(axis, at, scale, reach, i, sources, weights);
            }
        }
        return new Taps(sources, weights, beyond);
    }

    private void kernel(Axis axis, double at, double scale, int reach, int i, int[][] sources, double[][] weights) {
        int first = (int) Math.floor(at) - reach + 1;
        double total = 0;
        for (int k = 0; k < weights.length; k++) {
            int source = first + k;
            boolean inside = source >= 0 && source < axis.extent;
            double weight = weight((source - at) * scale);
            weights[k][i] = !inside && excludeOutside ? 0 : weight;
            sources[k][i] = Math.clamp(source, 0, axis.extent - 1);
            total += weights[k][i];
        }
        if (excludeOutside || scale != 1) {
            for (double[] each : weights) {
                each[i] /= total;
            }
        }
    }

    private double weight(double distance) {
        double d = Math.abs(distance);
        if (mode.equals("linear")) {
            return Math.max(0, 1 - d);
        }
        if (d <= 1) {
            return ((cubic + 2) * d - (cubic + 3)) * d * d + 1;
        }
        return d < 2 ? ((cubic * d - 5 * cubic) * d + 8 * cubic) * d - 4 * cubic : 0;
    }

    private int round(double at, double scale) {
        return (int) switch (nearest) {
            // What came before the modes, which no version of the operator set says: as in ONNX Runtime.
            case "simple" -> scale < 1 ? Math.ceil(at) : Math.floor(at);
            case "round_prefer_floor" -> Math.ceil(at - 0.5);
            case "round_prefer_ceil" -> Math.floor(at + 0.5);
            case "floor" -> Math.floor(at);
            case "ceil" -> Math.ceil(at);
            default -> throw Call.unsupported("nearest_mode round_prefer_floor, round_prefer_ceil, floor or ceil", nearest);
        };
    }
}
