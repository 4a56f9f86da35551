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
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;

/** {@code Unique}: how many there are depends on the values, so it runs on the host. */
final class Uniques {

    private Uniques() {}

    static void register(Registry r) {
        r.op("Unique", Uniques::unique);
    }

    private static List<Value> unique(Call c) {
        return unique(c, c.flag("sorted", true));
    }

    static List<Value> unique(Call c, boolean sorted) {
        Shape shape = Layouts.shapeOf(c.value(0));
        boolean flat = !c.hasAttribute("axis");
        int axis = flat ? 0 : shape.axis(c.attribute("axis", 0));
        int count = flat ? shape.length() : shape.dim(axis);
        Comparator<Integer> order = comparator(c, flat ? Shape.of(count) : shape, axis);
        Map<Integer, List<Integer>> groups = new TreeMap<>(order);
        for (int i = 0; i < count; i++) {
            groups.computeIfAbsent(i, _ -> new ArrayList<>()).add(i);
        }
        List<List<Integer>> found = new ArrayList<>(groups.values());
        if (!sorted) {
            found.sort(Comparator.comparing(List::getFirst));
        }
        long[] first = found.stream().mapToLong(List::getFirst).toArray();
        long[] counts = found.stream().mapToLong(List::size).toArray();
        long[] inverse = new long[count];
        for (int group = 0; group < found.size(); group++) {
            for (int member : found.get(group)) {
                inverse[member] = group;
            }
        }
        Tensor places = Tensor.ofInts(Call.ints(first));
        List<Value> results = new ArrayList<>(Moves.first(c, x -> (flat ? x.flatten() : x).take(axis, places)));
        for (long[] each : List.of(first, inverse, counts)) {
            results.add(Value.of(ElementType.INT64, Tensor.of(Data.of(DType.INT64, Shape.of(each.length), each))));
        }
        return results;
    }

    /** By the values of the slices at two positions of the axis. */
    private static Comparator<Integer> comparator(Call c, Shape shape, int axis) {
        int inner = shape.slice(axis + 1, shape.rank()).length();
        int extent = shape.dim(axis);
        int[] offsets = IntStream.range(0, shape.slice(0, axis).length())
                .flatMap(outer -> IntStream.range(0, inner).map(i -> outer * extent * inner + i)).toArray();
        Comparator<Integer> elements;
        if (c.value(0) instanceof Value.Text text) {
            elements = Comparator.comparing(text.strings()::get);
        } else {
            Data data = c.data(0);
            elements = data.dtype().isFloating() ? Comparator.comparingDouble(data::getDouble)
                    : c.type(0) == ElementType.UINT64 ? (a, b) -> Long.compareUnsigned(data.getLong(a), data.getLong(b))
                    : Comparator.comparingLong(data::getLong);
        }
        return (a, b) -> {
            for (int offset : offsets) {
                int difference = elements.compare(offset + a * inner, offset + b * inner);
                if (difference != 0) {
                    return difference;
                }
            }
            return 0;
        };
    }
}
