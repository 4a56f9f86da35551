package dev.gamelan.interop.onnx.ops;

import dev.gamelan.interop.onnx.value.ElementType;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Tensor;

/** {@code GridSample}: elements at computed places between the elements of a tensor (Jaderberg et al., 2015). */
final class Sampling {

    private Sampling() {}

    static void register(Registry r) {
        r.op("GridSample", c -> c.same(Elementwise.inFractions(c, ElementType.DOUBLE, x -> sample(c, x))));
        r.op("AffineGrid", c -> c.same(affineGrid(c)));
    }

    /** Places along one axis, in elements. */
    private static Tensor places(Tensor grid, int extent, boolean corners) {
        return corners ? grid.add(1).mul((extent - 1) / 2.0) : grid.add(1).mul(extent).sub(1).div(2);
    }

    private static Tensor sample(Call c, Tensor x) {
        Tensor grid = c.tensor(1).cast(x.dtype());
        boolean corners = c.flag("align_corners", false);
        String padding = c.attribute("padding_mode", "zeros");
        String mode = c.attribute("mode", "linear");
        int spatial = x.rank() - 2;
        Tensor[] at = new Tensor[spatial];
        for (int i = 0; i < spatial; i++) {
            at[i] = places(grid.select(-1, spatial - 1 - i), x.dim(i + 2), corners);
        }
        if (mode.equals("nearest")) {
            Tensor[] whole = new Tensor[spatial];
            for (int i = 0; i < spatial; i++) {
                whole[i] = at[i].round();
            }
            return read(x, whole, padding, corners);
        }
        boolean cubic = mode.equals("cubic") || mode.equals("bicubic");
        int taps = cubic ? 4 : 2;
        int combinations = (int) Math.round(Math.pow(taps, spatial));
        Tensor sum = null;
        for (int k = 0; k < combinations; k++) {
            Tensor[] whole = new Tensor[spatial];
            Tensor weight = null;
            int rest = k;
            for (int i = spatial - 1; i >= 0; i--) {
                int tap = rest % taps - (cubic ? 1 : 0);
                rest /= taps;
                whole[i] = at[i].floor().add(tap);
                Tensor own = weight(at[i].sub(whole[i]).abs(), cubic);
                weight = weight == null ? own : weight.mul(own);
            }
            Tensor part = read(x, whole, padding, corners).mul(java.util.Objects.requireNonNull(weight).expandDims(1));
            sum = sum == null ? part : sum.add(part);
        }
        return java.util.Objects.requireNonNull(sum);
    }

    /** Between the elements of (batch, channels, h, w) at rows and columns (batch, places...); zeros outside. */
    static Tensor linear(Tensor x, Tensor rows, Tensor columns) {
        Tensor sum = null;
        for (int k = 0; k < 4; k++) {
            Tensor row = rows.floor().add(k / 2);
            Tensor column = columns.floor().add(k % 2);
            Tensor weight = weight(rows.sub(row).abs(), false).mul(weight(columns.sub(column).abs(), false));
            Tensor part = read(x, new Tensor[] {row, column}, "zeros", true).mul(weight.expandDims(1));
            sum = sum == null ? part : sum.add(part);
        }
        return java.util.Objects.requireNonNull(sum);
    }

    /** Linear, or cubic with a = -0.75 (Keys, 1981), at a distance of at most 2. */
    private static Tensor weight(Tensor d, boolean cubic) {
        if (!cubic) {
            return d.rsub(1).maximum(0);
        }
        double a = -0.75;
        Tensor near = d.mul(a + 2).sub(a + 3).mul(d).mul(d).add(1);
        Tensor far = d.mul(a).sub(5 * a).mul(d).add(8 * a).mul(d).sub(4 * a);
        return near.where(d.lessEqual(1), far);
    }

    /** The elements at whole places: (batch, channels, places...). */
    private static Tensor read(Tensor x, Tensor[] places, String padding, boolean corners) {
        Tensor flat = Tensor.scalar(DType.INT32, 0);
        Tensor inside = null;
        for (int i = 0; i < places.length; i++) {
            int extent = x.dim(i + 2);
            Tensor place = padding.equals("reflection") ? reflected(places[i], extent, corners) : places[i];
            Tensor valid = place.greaterEqual(0).and(place.lessEqual(extent - 1));
            inside = inside == null ? valid : inside.and(valid);
            flat = flat.mul(extent).add(place.clamp(0, extent - 1).cast(DType.INT32));
        }
        Shape spots = flat.shape();
        int batch = x.dim(0);
        int channels = x.dim(1);
        Tensor index = flat.reshape(batch, 1, -1).broadcastTo(batch, channels, (int) (flat.size() / Math.max(1, batch)));
        Tensor taken = x.reshape(batch, channels, -1).takeAlong(2, index);
        Tensor result = taken.reshape(Shape.of(batch, channels).concat(spots.slice(1, spots.rank())));
        return padding.equals("zeros") ? result.where(java.util.Objects.requireNonNull(inside).expandDims(1), 0) : result;
    }

    /** Mirrored at the ends: at the middle of the outermost elements, or at their outer edges. */
    private static Tensor reflected(Tensor place, int extent, boolean corners) {
        double low = corners ? 0 : -0.5;
        double span = corners ? Math.max(extent - 1, 1e-9) : extent;
        Tensor way = place.sub(low).abs().mod(2 * span);
        return way.minimum(way.rsub(2 * span)).add(low).round();
    }

    /** theta (batch, d, d + 1), size (batch, channels, spatial...) -> (batch, spatial..., d). */
    private static Tensor affineGrid(Call c) {
        Tensor theta = c.tensor(0);
        int[] size = c.ints(1);
        boolean corners = c.flag("align_corners", false);
        int spatial = size.length - 2;
        Shape shape = Shape.of(java.util.Arrays.copyOfRange(size, 2, size.length));
        Tensor[] base = new Tensor[spatial + 1];
        for (int i = 0; i < spatial; i++) {
            int extent = shape.dim(i);
            Tensor place = Grid.places(shape, i).cast(theta.dtype());
            base[spatial - 1 - i] = corners ? place.mul(2.0 / Math.max(1, extent - 1)).sub(1) : place.mul(2).add(1).div(extent).sub(1);
        }
        base[spatial] = Tensor.ones(theta.dtype(), shape);
        Tensor points = dev.gamelan.tensor.Tensors.stack(-1, base).reshape(1, shape.length(), spatial + 1);
        Tensor result = points.broadcastTo(theta.dim(0), shape.length(), spatial + 1).matmul(theta.transpose());
        return result.reshape(Shape.of(theta.dim(0)).concat(shape).concat(Shape.of(spatial)));
    }
}
