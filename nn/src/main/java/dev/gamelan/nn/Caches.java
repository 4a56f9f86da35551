package dev.gamelan.nn;

import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.TensorMap;
import dev.gamelan.tensor.Tree;
import dev.gamelan.tensor.Trees;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/**
 * The caches of a session and its forks. A cache is carried as two tensors: values, which have room for more, and how
 * many of them count. A compiled call cannot make room, as that changes shapes, so the session does it before the call.
 */
final class Caches {

    /** A call's use of a cache: how many elements it appends along which axis. */
    record Use(int axis, int count) {}

    /** Calls that append the same: by shapes, types and constants of their input. */
    private record Key(Tree structure, List<DType> types, List<Shape> shapes) {}

    private static final int LEAST = 32;
    private static final Tensor PLACE = Tensor.zeros(0).eval();

    private final Map<Key, Map<String, Use>> uses = new ConcurrentHashMap<>();

    /** Inside of a call: the cache with x behind what it has. */
    static Scope.Cache append(Map<String, Tensor> carried, String path, int axis, Tensor x) {
        Tensor start = carried.computeIfAbsent(length(path), p -> Tensor.zeros(DType.INT32, Shape.SCALAR));
        Tensor held = carried.computeIfAbsent(values(path), p -> Tensor.zeros(x.dtype(), x.shape().with(axis, capacity(x.dim(axis)))));
        // What is free is zero, so that adding is writing.
        Tensor values = held.scatterAdd(axis, Tensor.arange(x.dim(axis)).add(start), x);
        carried.put(values(path), values);
        carried.put(length(path), start.add(x.dim(axis)));
        return new Scope.Cache(values, start);
    }

    /**
     * What is carried, with room for what a call with this input will append.
     *
     * @param dry tells what such a call appends; asked once for inputs that look the same
     */
    TensorMap withRoom(TensorMap carried, Tree input, Supplier<Map<String, Use>> dry) {
        List<Tensor> leaves = Trees.leaves(input);
        Key key = new Key(Trees.map(input, leaf -> PLACE), leaves.stream().map(Tensor::dtype).toList(), leaves.stream().map(Tensor::shape).toList());
        Map<String, Use> now = uses.get(key);
        if (now == null) {
            now = dry.get();
            uses.put(key, now);
        }
        TensorMap result = carried;
        for (Map.Entry<String, Use> use : now.entrySet()) {
            result = withRoom(result, use.getKey(), use.getValue());
        }
        return result;
    }

    private static TensorMap withRoom(TensorMap carried, String path, Use use) {
        if (!carried.contains(values(path))) {
            return carried;
        }
        Tensor held = Objects.requireNonNull(carried.get(values(path)));
        int needed = Math.addExact(carried.get(length(path)).itemInt(), use.count);
        int room = held.dim(use.axis);
        return needed <= room ? carried : carried.with(values(path), held.pad(use.axis, 0, capacity(needed) - room));
    }

    /** A power of two, so that few shapes occur. */
    private static int capacity(int needed) {
        return Math.max(LEAST, Math.max(needed, Integer.highestOneBit(Math.max(1, needed - 1)) << 1));
    }

    private static String values(String path) {
        return Names.join(path, "values");
    }

    private static String length(String path) {
        return Names.join(path, "length");
    }
}
