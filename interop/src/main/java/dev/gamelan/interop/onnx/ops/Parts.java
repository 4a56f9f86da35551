package dev.gamelan.interop.onnx.ops;

import dev.gamelan.interop.onnx.value.Value;
import dev.gamelan.shape.Shape;
import dev.gamelan.shape.ShapeException;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.Tensors;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** Operators that take tensors apart, join them and put a border around them. */
final class Parts {

    private Parts() {}

    static void register(Registry r) {
        r.op("Concat", c -> Moves.of(c, c.values(), parts -> concat(c.attribute("axis", 1), parts)));
        r.op("Split", Parts::split);
        r.op("Slice", 1, Parts::sliceByAttributes).op("Slice", 10, Parts::slice);
        r.op("Pad", 1, Parts::padByAttributes).op("Pad", 11, Parts::pad);
        r.op("CenterCropPad", Parts::centerCropPad);
    }

    private static Tensor concat(int axis, List<Tensor> parts) {
        long all = parts.stream().mapToLong(Tensor::size).sum();
        long last = parts.stream().filter(ChannelsLast::isView).mapToLong(Tensor::size).sum();
        if (2 * last > all) {
            int at = ChannelsLast.axis(parts.getFirst().shape().axis(axis), parts.getFirst().rank());
            return Grid.toFirst(Tensors.concat(at, parts.stream().map(Grid::toLast).toList()));
        }
        return Tensors.concat(axis, parts);
    }

    private static List<Value> split(Call c) {
        Shape shape = Layouts.shapeOf(c.value(0));
        int axis = shape.axis(c.attribute("axis", 0));
        int[] extents = (c.version() < 2 && c.has(1) ? java.util.Optional.of(c.ints(1)) : c.intsFrom("split", 1, 13))
                .orElseGet(() -> equalParts(shape.dim(axis), c.attribute("num_outputs", c.outputs())));
        return Moves.all(List.of(c.value(0)), parts -> parts.getFirst().split(axis, extents));
    }

    /** The last part is smaller if the extent is not divisible. */
    static int[] equalParts(int extent, int parts) {
        int each = Math.ceilDiv(extent, Math.max(1, parts));
        return IntStream.range(0, parts).map(i -> Math.clamp(extent - (long) i * each, 0, each)).toArray();
    }

    private static List<Value> sliceByAttributes(Call c) {
        int[] starts = c.attributeInts("starts").orElse(new int[0]);
        int[] ends = c.attributeInts("ends").orElse(new int[0]);
        int[] axes = c.attributeInts("axes").orElseGet(() -> IntStream.range(0, starts.length).toArray());
        return Moves.first(c, x -> slice(x, starts, ends, axes, ones(starts.length)));
    }

    static List<Value> slice(Call c) {
        int[] starts = c.ints(1);
        int[] ends = c.ints(2);
        int[] axes = c.has(3) ? c.ints(3) : IntStream.range(0, starts.length).toArray();
        int[] steps = c.has(4) ? c.ints(4) : ones(starts.length);
        return Moves.first(c, x -> slice(x, starts, ends, axes, steps));
    }

    private static int[] ones(int count) {
        int[] ones = new int[count];
        Arrays.fill(ones, 1);
        return ones;
    }

    private static Tensor slice(Tensor x, int[] starts, int[] ends, int[] axes, int[] steps) {
        if (ends.length != starts.length || axes.length != starts.length || steps.length != starts.length) {
            throw ShapeException.of("slice: lists of different lengths", "one start, end, axis and step for each axis",
                    starts.length + ", " + ends.length + ", " + axes.length + ", " + steps.length);
        }
        Tensor result = x;
        for (int i = 0; i < starts.length; i++) {
            int at = i;
            result = ChannelsLast.along(result, x.shape().axis(axes[i]), (y, axis) -> slice(y, axis, starts[at], ends[at], steps[at]));
        }
        return result;
    }

    /** As NumPy's: positions beyond the ends are the ends. */
    static Tensor slice(Tensor x, int axis, int start, int end, int step) {
        int extent = x.dim(axis);
        int from = start < 0 ? start + extent : start;
        int to = end < 0 ? end + extent : end;
        if (step > 0) {
            int first = Math.clamp(from, 0, extent);
            return x.slice(axis, first, Math.clamp(to, first, extent), step);
        }
        int first = Math.clamp(from, -1, extent - 1);
        int last = Math.clamp(to, -1, extent - 1);
        if (first <= last) {
            return x.slice(axis, 0, 0);
        }
        return x.slice(axis, first, last < 0 ? Tensor.END : last, Math.max(step, -Integer.MAX_VALUE));
    }

    // ---- borders ---------------------------------------------------------------------------------------------------

    private static List<Value> padByAttributes(Call c) {
        int[] pads = c.attributeInts("pads").or(() -> c.attributeInts("paddings")).orElse(new int[0]);
        int[] axes = IntStream.range(0, pads.length / 2).toArray();
        room(c, c.tensor(0).shape(), pads, axes);
        return c.same(pad(c.tensor(0), c.attribute("mode", "constant"), pads, axes, c.attribute("value", 0.0)));
    }

    private static List<Value> pad(Call c) {
        int[] pads = c.ints(1);
        int[] axes = c.has(3) ? c.ints(3) : IntStream.range(0, pads.length / 2).toArray();
        String mode = c.attribute("mode", "constant");
        room(c, Layouts.shapeOf(c.value(0)), pads, axes);
        List<Value> parts = c.has(2) ? List.of(c.value(0), c.value(2)) : List.of(c.value(0));
        return Moves.of(c, parts, each -> pad(each.getFirst(), mode, pads, axes, filling(c, each)));
    }

    /** A number, or the code of a string. */
    private static double filling(Call c, List<Tensor> parts) {
        return !c.has(2) ? 0 : c.value(2) instanceof Value.Text ? Host.data(parts.get(1)).getDouble(0) : c.number(2);
    }

    private static void room(Call c, Shape shape, int[] pads, int[] axes) {
        double size = shape.size();
        for (int i = 0; i < axes.length; i++) {
            double extent = (double) shape.dim(axes[i]) + Math.max(0, pads[i]) + Math.max(0, pads[i + axes.length]);
            size *= extent / Math.max(1, shape.dim(axes[i]));
            c.room(Math.max(size, extent), Long.BYTES);
        }
    }

    static Tensor pad(Tensor x, String mode, int[] pads, int[] axes, double value) {
        Tensor result = x;
        for (int i = 0; i < axes.length; i++) {
            int at = i;
            result = ChannelsLast.along(result, x.shape().axis(axes[i]),
                    (y, axis) -> pad(y, mode, axis, pads[at], pads[at + axes.length], value));
        }
        return result;
    }

    /** Negative counts crop, before what is left is repeated. */
    private static Tensor pad(Tensor x, String mode, int axis, int low, int high, double value) {
        if (low == 0 && high == 0) {
            return x;
        }
        int before = Math.max(0, low);
        int after = Math.max(0, high);
        int first = Math.max(0, -low);
        Tensor inner = x.slice(axis, first, Math.max(first, x.dim(axis) - Math.max(0, -high)));
        if (before == 0 && after == 0) {
            return inner;
        }
        if (mode.equals("constant")) {
            return inner.pad(axis, before, after, value);
        }
        int extent = inner.dim(axis);
        if (extent == 0) {
            throw Call.unsupported("elements to repeat, or mode constant", "none along axis " + axis + " and mode " + mode);
        }
        int[] sources = IntStream.range(-before, extent + after).map(i -> source(mode, i, extent)).toArray();
        return inner.take(axis, Tensor.ofInts(sources));
    }

    /** Where the element at a position inside or outside of the extent comes from. */
    static int source(String mode, int i, int extent) {
        return switch (mode) {
            case "edge" -> Math.clamp(i, 0, extent - 1);
            case "wrap" -> Math.floorMod(i, extent);
            case "reflect" -> {
                int period = Math.max(1, 2 * (extent - 1));
                int place = Math.floorMod(i, period);
                yield Math.min(place, period - place) % Math.max(1, extent);
            }
            default -> throw Call.unsupported("mode constant, reflect, edge or wrap", mode);
        };
    }

    private static List<Value> centerCropPad(Call c) {
        Shape shape = Layouts.shapeOf(c.value(0));
        int[] extents = c.ints(1);
        int[] axes = c.attributeInts("axes").orElseGet(() -> IntStream.range(0, extents.length).toArray());
        double size = shape.size();
        for (int i = 0; i < axes.length; i++) {
            size *= (double) extents[i] / Math.max(1, shape.dim(axes[i]));
            c.room(Math.max(size, extents[i]), Long.BYTES);
        }
        return Moves.first(c, x -> {
            Tensor result = x;
            for (int i = 0; i < axes.length; i++) {
                int axis = shape.axis(axes[i]);
                int more = extents[i] - shape.dim(axis);
                int before = more < 0 ? -(-more / 2) : more / 2;
                result = pad(result, "constant", axis, before, more - before, 0);
            }
            return result;
        });
    }
}
