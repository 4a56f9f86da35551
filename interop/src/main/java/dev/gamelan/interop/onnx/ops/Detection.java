package dev.gamelan.interop.onnx.ops;

import dev.gamelan.interop.onnx.value.ElementType;
import dev.gamelan.interop.onnx.value.Value;
import dev.gamelan.ir.Data;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Tensor;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/** Operators of object detectors. What they choose depends on values, so they run on the host. */
final class Detection {

    private Detection() {}

    static void register(Registry r) {
        r.op("NonMaxSuppression", Detection::suppress);
        r.op("RoiAlign", Detection::roiAlign);
        r.op("MaxRoiPool", Detection::maxRoiPool);
    }

    private record Box(double top, double left, double bottom, double right) {

        static Box of(Data boxes, int at, boolean centered) {
            double a = boxes.getDouble(at);
            double b = boxes.getDouble(at + 1);
            double c = boxes.getDouble(at + 2);
            double d = boxes.getDouble(at + 3);
            return centered ? new Box(b - d / 2, a - c / 2, b + d / 2, a + c / 2)
                    : new Box(Math.min(a, c), Math.min(b, d), Math.max(a, c), Math.max(b, d));
        }

        double area() {
            return (bottom - top) * (right - left);
        }

        /** The shared area as a share of both. */
        double overlap(Box other) {
            double height = Math.max(0, Math.min(bottom, other.bottom) - Math.max(top, other.top));
            double width = Math.max(0, Math.min(right, other.right) - Math.max(left, other.left));
            double shared = height * width;
            return shared <= 0 ? 0 : shared / (area() + other.area() - shared);
        }
    }

    /** boxes (batch, n, 4), scores (batch, classes, n) -> (chosen, 3): batch, class, box. */
    private static List<Value> suppress(Call c) {
        Data boxes = c.data(0);
        Data scores = c.data(1);
        long most = c.has(2) ? c.longs(2)[0] : 0;
        double overlap = c.has(3) ? c.number(3) : 0;
        double least = c.has(4) ? c.number(4) : Double.NEGATIVE_INFINITY;
        boolean centered = c.attribute("center_point_box", 0) == 1;
        int batch = scores.shape().dim(0);
        int classes = scores.shape().dim(1);
        int count = scores.shape().dim(2);
        List<Long> chosen = new ArrayList<>();
        for (int b = 0; b < batch; b++) {
            for (int k = 0; k < classes; k++) {
                int row = (b * classes + k) * count;
                List<Box> kept = new ArrayList<>();
                List<Integer> order = IntStream.range(0, count).filter(i -> scores.getDouble(row + i) > least).boxed()
                        .sorted(Comparator.comparingDouble(i -> -scores.getDouble(row + i))).toList();
                for (int i : order) {
                    Box box = Box.of(boxes, (b * count + i) * 4, centered);
                    if (kept.size() < most && kept.stream().noneMatch(other -> other.overlap(box) > overlap)) {
                        kept.add(box);
                        chosen.addAll(List.of((long) b, (long) k, (long) i));
                    }
                }
            }
        }
        long[] result = chosen.stream().mapToLong(Long::longValue).toArray();
        return Call.one(ElementType.INT64, Tensor.of(Data.of(DType.INT64, Shape.of(result.length / 3, 3), result)));
    }

    /** Regions of x (batch, channels, h, w) as (regions, channels, height, width), each element a mean of samples (He et al., 2017). */
    private static List<Value> roiAlign(Call c) {
        Tensor x = c.tensor(0);
        Data rois = c.data(1);
        Data owners = c.data(2);
        int height = c.attribute("output_height", 1);
        int width = c.attribute("output_width", 1);
        int ratio = c.attribute("sampling_ratio", 0);
        float scale = (float) c.attribute("spatial_scale", 1.0);
        boolean half = c.version() >= 16 && c.attribute("coordinate_transformation_mode", "half_pixel").equals("half_pixel");
        boolean max = c.attribute("mode", "avg").equals("max");
        c.room((double) height * width * Math.max(1, ratio) * Math.max(1, ratio), Double.BYTES);
        List<Tensor> results = new ArrayList<>();
        for (int i = 0; i < rois.shape().dim(0); i++) {
            float shift = half ? 0.5f : 0;
            float left = (float) rois.getDouble(4 * i) * scale - shift;
            float top = (float) rois.getDouble(4 * i + 1) * scale - shift;
            float w = (float) rois.getDouble(4 * i + 2) * scale - shift - left;
            float h = (float) rois.getDouble(4 * i + 3) * scale - shift - top;
            RoiSamples samples = new RoiSamples(top, left, half ? h : Math.max(h, 1), half ? w : Math.max(w, 1), height, width, ratio, max);
            results.add(samples.of(x.select(0, (int) owners.getLong(i))));
        }
        return c.same(results.isEmpty() ? Tensor.zeros(x.dtype(), Shape.of(0, x.dim(1), height, width))
                : dev.gamelan.tensor.Tensors.stack(0, results));
    }

    /** The largest element of each part of each region (Girshick, 2015); rois: (n, 5) of batch and corners. */
    private static List<Value> maxRoiPool(Call c) {
        Tensor x = c.tensor(0);
        Data rois = c.data(1);
        int[] pooled = c.attributeInts("pooled_shape").orElseThrow();
        float scale = (float) c.attribute("spatial_scale", 1.0);
        List<Tensor> results = new ArrayList<>();
        for (int i = 0; i < rois.shape().dim(0); i++) {
            int left = at(rois, 5 * i + 1, scale);
            int top = at(rois, 5 * i + 2, scale);
            int width = Math.max(1, at(rois, 5 * i + 3, scale) - left + 1);
            int height = Math.max(1, at(rois, 5 * i + 4, scale) - top + 1);
            Tensor image = x.select(0, (int) rois.getLong(5 * i));
            List<Tensor> cells = new ArrayList<>();
            for (int p = 0; p < pooled[0] * pooled[1]; p++) {
                int row = p / pooled[1];
                int column = p % pooled[1];
                cells.add(largest(image, top, height, row, pooled[0], left, width, column, pooled[1]));
            }
            results.add(dev.gamelan.tensor.Tensors.stack(1, cells).reshape(x.dim(1), pooled[0], pooled[1]));
        }
        return c.same(dev.gamelan.tensor.Tensors.stack(0, results));
    }

    /** In FLOAT, as in ONNX Runtime: 5 times a scale of 0.7 is 3.5 and becomes 4. */
    private static int at(Data rois, int i, float scale) {
        return Math.round((float) rois.getDouble(i) * scale);
    }

    private static Tensor largest(Tensor image, int top, int height, int row, int rows, int left, int width, int column, int columns) {
        int y0 = Math.clamp(top + begin(row, height, rows), 0, image.dim(1));
        int y1 = Math.clamp(top + end(row, height, rows), y0, image.dim(1));
        int x0 = Math.clamp(left + begin(column, width, columns), 0, image.dim(2));
        int x1 = Math.clamp(left + end(column, width, columns), x0, image.dim(2));
        if (y0 == y1 || x0 == x1) {
            return Tensor.zeros(image.dtype(), Shape.of(image.dim(0)));
        }
        return image.slice(1, y0, y1).slice(2, x0, x1).max(1, 2);
    }

    private static int begin(int part, int extent, int parts) {
        return (int) Math.floor(part * ((float) extent / parts));
    }

    private static int end(int part, int extent, int parts) {
        return (int) Math.ceil((part + 1) * ((float) extent / parts));
    }
}
