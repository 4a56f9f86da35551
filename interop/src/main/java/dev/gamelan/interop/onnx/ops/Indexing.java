package dev.gamelan.interop.onnx.ops;

import dev.gamelan.interop.onnx.value.ElementType;
import dev.gamelan.interop.onnx.value.Knowledge;
import dev.gamelan.interop.onnx.value.Value;
import dev.gamelan.ir.Data;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import dev.gamelan.shape.ShapeException;
import dev.gamelan.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** Operators that read elements at computed places. */
final class Indexing {

    private Indexing() {}

    static void register(Registry r) {
        r.op("Gather", Indexing::gather).op("GatherElements", Indexing::gatherElements).op("GatherND", Indexing::gatherNd);
        r.op("OneHot", Indexing::oneHot);
        r.op("Compress", Indexing::compress).op("NonZero", Indexing::nonZero);
    }

    /** Indices of an axis, negative ones counted from the end. */
    static Tensor indices(Call c, int input, int extent) {
        Tensor given = c.tensor(input);
        if (c.isKnown(input)) {
            long[] values = c.longs(input);
            for (int i = 0; i < values.length; i++) {
                if (values[i] < -extent || values[i] >= extent) {
                    throw ShapeException.of("an index is out of range", "from " + -extent + " to " + (extent - 1), "" + values[i]);
                }
                values[i] += values[i] < 0 ? extent : 0;
            }
            if (!Host.keepsShapes() || c.numbers(input).knowledge() == Knowledge.MODEL) {
                return Tensor.of(Data.of(DType.INT32, given.shape(), Arrays.stream(values).mapToInt(Math::toIntExact).toArray()));
            }
        }
        return Grid.fromStart(given, extent).cast(DType.INT32);
    }

    private static List<Value> gather(Call c) {
        Shape shape = Layouts.shapeOf(c.value(0));
        int axis = shape.axis(c.attribute("axis", 0));
        Tensor places = indices(c, 1, shape.dim(axis));
        boolean one = c.isKnown(1) && places.size() == 1;
        return Moves.first(c, x -> {
            if (!one) {
                return x.take(axis, places);
            }
            int at = Math.max(0, (int) Host.data(places).getLong(0));
            Shape result = shape.slice(0, axis).concat(places.shape()).concat(shape.slice(axis + 1, shape.rank()));
            return x.slice(axis, at, at + 1).reshape(result);
        });
    }

    private static List<Value> gatherElements(Call c) {
        Shape shape = Layouts.shapeOf(c.value(0));
        int axis = shape.axis(c.attribute("axis", 0));
        Tensor places = indices(c, 1, shape.dim(axis));
        return Moves.first(c, x -> {
            Tensor part = x;
            for (int i = 0; i < x.rank(); i++) {
                part = i == axis ? part : part.slice(i, 0, places.dim(i));
            }
            return part.takeAlong(axis, places);
        });
    }

    /** The place of each row of indices (..., k) among the elements of the first k extents, laid end to end. */
    static Tensor flatPlaces(Tensor indices, int[] extents) {
        Tensor place = Tensor.scalar(DType.INT32, 0);
        for (int i = 0; i < extents.length; i++) {
            Tensor index = Grid.fromStart(indices.select(-1, i).cast(DType.INT32), extents[i]);
            place = place.mul(extents[i]).add(index);
        }
        return place.broadcastTo(indices.shape().without(-1));
    }

    private static List<Value> gatherNd(Call c) {
        Shape shape = Layouts.shapeOf(c.value(0));
        Tensor indices = c.tensor(1);
        int batch = c.attribute("batch_dims", 0);
        int depth = indices.dim(-1);
        int[] extents = IntStream.range(batch, batch + depth).map(shape::dim).toArray();
        int inner = Shape.of(extents).length();
        Shape rest = shape.slice(batch + depth, shape.rank());
        Shape outer = shape.slice(0, batch);
        Tensor rows = indices.reshape(Shape.of(outer.length()).concat(indices.shape().slice(batch, indices.rank())));
        Tensor places = flatPlaces(rows, extents);
        Tensor start = Grid.along(Tensor.arange(outer.length()).mul(inner), 0, places.rank());
        Tensor flat = places.add(start).reshape(indices.shape().without(-1));
        return Moves.first(c, x -> x.reshape(Shape.of(outer.length() * inner).concat(rest)).take(0, flat));
    }

    /** (indices) -> one axis more, of {@code depth}, with the second of two values at the index and the first elsewhere. */
    private static List<Value> oneHot(Call c) {
        int depth = (int) c.number(1);
        Tensor raw = c.tensor(0).cast(DType.INT32);
        int rank = raw.rank() + 1;
        int wanted = c.attribute("axis", -1);
        int axis = wanted < 0 ? wanted + rank : wanted;
        Tensor index = Grid.fromStart(raw, depth).expandDims(axis);
        Tensor hit = Grid.places(raw.shape().insert(axis, depth), axis).eq(index);
        return Moves.of(c, List.of(c.value(2)), values -> values.getFirst().select(0, 1).where(hit, values.getFirst().select(0, 0)));
    }

    private static List<Value> compress(Call c) {
        Data condition = c.data(1);
        int[] kept = IntStream.range(0, condition.length()).filter(i -> condition.getLong(i) != 0).toArray();
        return Moves.first(c, x -> c.hasAttribute("axis") ? x.take(c.attribute("axis", 0), Tensor.ofInts(kept))
                : x.flatten().take(0, Tensor.ofInts(kept)));
    }

    /** (rank, count). */
    private static List<Value> nonZero(Call c) {
        Data data = c.value(0) instanceof Value.Text text ? Host.data(Moves.filled(text)) : c.data(0);
        int rank = data.shape().rank();
        int[] strides = data.shape().strides();
        int[] places = IntStream.range(0, data.length()).filter(i -> data.getDouble(i) != 0).toArray();
        long[] result = new long[rank * places.length];
        for (int axis = 0; axis < rank; axis++) {
            for (int i = 0; i < places.length; i++) {
                result[axis * places.length + i] = places[i] / strides[axis] % data.shape().dim(axis);
            }
        }
        return Call.one(ElementType.INT64, Tensor.of(Data.of(DType.INT64, Shape.of(rank, places.length), result)));
    }
}
