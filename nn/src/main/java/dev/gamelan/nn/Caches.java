package dev.gamelan.nn;

import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.TensorMap;
import dev.gamelan.tensor.Tree;
import dev.gamelan.tensor.Trees;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/**
 * The caches of a session. A cache is carried as two tensors: values, which have room for more, and how many of them
 * count. A compiled call cannot make room, as that changes shapes, so the session does it before the call.
 */
final class Caches {

    /** A call's use of a cache: how many elements it appends along which axis. */
    record Use(int axis, int count) {}

    /** A call's use of all caches. */
    record Uses(Map<String, Use> byPath) {}

    /** Calls that append the same: by shapes, types and constants of their input. */
    private record Key(Tree structure, List<DType> types, List<Shape> shapes) {}

    private record Room(int used, int capacity) {}

    private static final int LEAST = 32;
    private static final Tensor PLACE = Tensor.zeros(0).eval();

    /** Shared by forks. */
    private final Map<Key, Uses> known;
    private final Map<String, Room> rooms;

    Caches() {
        this(new ConcurrentHashMap<>(), new HashMap<>());
    }

    private Caches(Map<Key, Uses> known, Map<String, Room> rooms) {
        this.known = known;
        this.rooms = rooms;
    }

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
     * What a call with this input appends.
     *
     * @param dry tells; asked once for inputs that look the same
     */
    Uses uses(Tree input, Supplier<Map<String, Use>> dry) {
        List<Tensor> leaves = Trees.leaves(input);
        Key key = new Key(Trees.map(input, leaf -> PLACE), leaves.stream().map(Tensor::dtype).toList(),
                leaves.stream().map(Tensor::shape).toList());
        Uses uses = known.get(key);
        if (uses == null) {
            uses = new Uses(dry.get());
            known.put(key, uses);
        }
        return uses;
    }

    /** Whether there is no room for what a call appends. */
    boolean areFull(Uses uses) {
        for (Map.Entry<String, Use> use : uses.byPath.entrySet()) {
            Room room = rooms.get(use.getKey());
            if (room != null && room.used + use.getValue().count > room.capacity) {
                return true;
            }
        }
        return false;
    }

    /** What is carried, with room for what a call appends. */
    TensorMap grown(TensorMap carried, Uses uses) {
        TensorMap result = carried;
        for (Map.Entry<String, Use> use : uses.byPath.entrySet()) {
            Room room = rooms.get(use.getKey());
            int needed = room == null ? 0 : Math.addExact(room.used, use.getValue().count);
            if (room != null && needed > room.capacity) {
                String path = values(use.getKey());
                Room more = new Room(room.used, capacity(needed));
                result = result.with(path, result.get(path).pad(use.getValue().axis, 0, more.capacity - room.capacity));
                rooms.put(use.getKey(), more);
            }
        }
        return result;
    }

    /** After a call. */
    void used(Uses uses) {
        uses.byPath.forEach((path, use) -> rooms.merge(path, new Room(use.count, capacity(use.count)),
                (room, _) -> new Room(room.used + use.count, room.capacity)));
    }

    Caches fork() {
        return new Caches(known, new HashMap<>(rooms));
    }

    void clear() {
        rooms.clear();
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
