package dev.gamelan.interop.onnx.ops;

import dev.gamelan.interop.onnx.value.Value;
import dev.gamelan.ir.Data;
import dev.gamelan.ir.Scalars;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/** Operators that write elements to computed places. */
final class Scatters {

    private Scatters() {}

    static void register(Registry r) {
        r.op("Scatter", Scatters::elements).op("ScatterElements", Scatters::elements).op("ScatterND", Scatters::rows);
        r.op("MaxUnpool", Scatters::maxUnpool);
    }

    private static List<Value> elements(Call c) {
        Shape shape = Layouts.shapeOf(c.value(0));
        int axis = shape.rank() == 0 ? 0 : shape.axis(c.attribute("axis", 0));
        Tensor indices = Indexing.indices(c, 1, shape.dim(axis));
        int[] strides = shape.strides();
        Tensor place = indices.mul(strides[axis]);
        for (int i = 0; i < shape.rank(); i++) {
            place = i == axis ? place : place.add(Grid.places(indices.shape(), i).mul(strides[i]));
        }
        Tensor flat = place.flatten();
        return Moves.of(c, List.of(c.value(0), c.value(2)), parts -> scatter(c, parts.get(0).flatten(), flat,
                parts.get(1).flatten()).reshape(shape));
    }

    private static List<Value> rows(Call c) {
        Shape shape = Layouts.shapeOf(c.value(0));
        Tensor indices = c.tensor(1);
        int depth = indices.dim(-1);
        int[] extents = IntStream.range(0, depth).map(shape::dim).toArray();
        Shape rest = shape.slice(depth, shape.rank());
        Tensor places = Indexing.flatPlaces(indices, extents).flatten();
        Shape table = Shape.of(Shape.of(extents).length()).concat(rest);
        Shape written = Shape.of(places.dim(0)).concat(rest);
        return Moves.of(c, List.of(c.value(0), c.value(2)), parts -> scatter(c, parts.get(0).reshape(table), places,
                parts.get(1).reshape(written)).reshape(shape));
    }

    /** Rows of a table combined with updates; of several for one place and no way to combine them, the last one counts. */
    private static Tensor scatter(Call c, Tensor table, Tensor places, Tensor updates) {
        String reduction = c.attribute("reduction", "none");
        return switch (reduction) {
            case "none" -> replace(table, places, updates);
            case "add" -> c.type(0).wrap(table.scatterAdd(0, places, updates));
            case "mul" -> c.type(0).wrap(combined(reduction, table, places, updates));
            case "max", "min" -> {
                UnaryOperator<Tensor> order = x -> Elementwise.ordered(c.type(0), x);
                yield order.apply(combined(reduction, order.apply(table), places, order.apply(updates)));
            }
            default -> throw Call.unsupported("reduction none, add, mul, max or min", reduction);
        };
    }

    /** Each row of the table looks up who wrote it last. */
    private static Tensor replace(Tensor table, Tensor places, Tensor updates) {
        int count = places.dim(0);
        if (count == 0) {
            return table;
        }
        Tensor none = Tensor.zeros(DType.INT32, Shape.of(table.dim(0)));
        Tensor order = Tensor.arange(1, count + 1);
        boolean known = Host.isKnown(places);
        if (known && isDistinct(places)) {
            Tensor writer = none.scatterAdd(0, places, order);
            return written(table, writer, updates);
        }
        // Sorted by place, stable: the last of each group of equal places is the one that counts.
        Tensor sorted = places.argsort(0);
        Tensor at = places.take(0, sorted);
        Tensor last = count == 1 ? Tensor.ones(DType.BOOL, Shape.of(1))
                : dev.gamelan.tensor.Tensors.concat(0, at.slice(0, 1, count).ne(at.slice(0, 0, count - 1)),
                        Tensor.ones(DType.BOOL, Shape.of(1)));
        Tensor writer = none.scatterAdd(0, at, sorted.add(1).where(last, 0));
        return written(table, writer, updates);
    }

    private static Tensor written(Tensor table, Tensor writer, Tensor updates) {
        Tensor chosen = updates.take(0, writer.sub(1).maximum(0));
        int[] dims = new int[table.rank()];
        Arrays.fill(dims, 1);
        dims[0] = table.dim(0);
        return chosen.where(writer.greater(0).reshape(dims), table);
    }

    private static boolean isDistinct(Tensor places) {
        int[] values = places.toIntArray();
        return IntStream.of(values).distinct().count() == values.length;
    }

    /** On the host: there is no operation that multiplies into places. */
    private static Tensor combined(String reduction, Tensor table, Tensor places, Tensor updates) {
        Data from = Host.data(updates);
        Data at = Host.data(places);
        Data base = Host.data(table);
        DType dtype = base.dtype();
        Object array = dtype.newArray(base.length());
        System.arraycopy(base.array(), 0, array, 0, base.length());
        int row = base.length() / Math.max(1, table.dim(0));
        for (int i = 0; i < at.length(); i++) {
            for (int k = 0; k < row; k++) {
                int target = (int) at.getLong(i) * row + k;
                if (dtype.isFloating()) {
                    Scalars.setDouble(dtype, array, target,
                            combine(reduction, Scalars.getDouble(dtype, array, target), from.getDouble(i * row + k)));
                } else {
                    Scalars.setLong(dtype, array, target,
                            combine(reduction, Scalars.getLong(dtype, array, target), from.getLong(i * row + k)));
                }
            }
        }
        return Tensor.of(Data.of(dtype, base.shape(), array));
    }

    private static double combine(String reduction, double a, double b) {
        return reduction.equals("mul") ? a * b : reduction.equals("max") ? Math.max(a, b) : Math.min(a, b);
    }

    private static long combine(String reduction, long a, long b) {
        return reduction.equals("mul") ? a * b : reduction.equals("max") ? Math.max(a, b) : Math.min(a, b);
    }

    /** Values back to the places that {@code MaxPool} took them from; without a shape, of the least size that fits. */
    private static List<Value> maxUnpool(Call c) {
        Tensor x = c.tensor(0);
        int[] kernel = c.attributeInts("kernel_shape").orElseThrow();
        int spatial = kernel.length;
        int[] strides = c.attributeInts("strides").orElseGet(() -> IntStream.range(0, spatial).map(_ -> 1).toArray());
        int[] pads = c.attributeInts("pads").orElse(new int[2 * spatial]);
        Shape least = x.shape();
        for (int i = 0; i < spatial; i++) {
            least = least.with(i + 2, (x.dim(i + 2) - 1) * strides[i] + kernel[i] - pads[i] - pads[i + spatial]);
        }
        Tensor places = c.tensor(1).cast(DType.INT32);
        Shape result = c.has(2) ? c.shape(2) : least;
        if (!result.equals(least)) {
            // The places count in the least shape.
            places = moved(places, least, result);
        }
        Tensor zeros = Tensor.zeros(x.dtype(), Shape.of(result.length()));
        return c.same(replace(zeros, places.flatten(), x.flatten()).reshape(result));
    }

    private static Tensor moved(Tensor places, Shape from, Shape to) {
        int[] before = from.strides();
        int[] after = to.strides();
        Tensor result = places.zerosLike();
        for (int axis = 0; axis < from.rank(); axis++) {
            result = result.add(places.div(before[axis]).rem(from.dim(axis)).mul(after[axis]));
        }
        return result;
    }
}
