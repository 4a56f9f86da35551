package dev.gamelan.nn;

import dev.gamelan.shape.DType;
import dev.gamelan.shape.NameException;
import dev.gamelan.shape.Shape;
import dev.gamelan.shape.ShapeException;
import dev.gamelan.tensor.RandomKey;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.TensorMap;
import dev.gamelan.tensor.Tensors;
import dev.gamelan.tensor.Tree;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Predicate;
import java.util.function.Supplier;

/** What the scopes of one trace share: the values behind the paths, before and after. */
final class Trace {

    /** One use of a block, for {@code summary()}. */
    record Use(String path, Block<?, ?> block, Tree output) {}

    private final Map<String, Tensor> parameters = new LinkedHashMap<>();
    private final Map<String, Tensor> buffers = new LinkedHashMap<>();
    private final Map<String, Tensor> carried = new LinkedHashMap<>();
    private final Map<String, Integer> asked = new HashMap<>();
    private final Map<String, Caches.Use> caches = new HashMap<>();
    private final List<Use> uses = new ArrayList<>();
    private final Map<String, Shape> wanted = new LinkedHashMap<>();
    private final boolean creating;
    private final boolean doubles;
    private final boolean training;
    private final boolean inSession;
    private final RandomKey key;
    private final Predicate<String> frozen;
    private boolean problems;

    private Trace(boolean creating, boolean doubles, boolean training, boolean inSession, RandomKey key, Predicate<String> frozen) {
        this.creating = creating;
        this.doubles = doubles;
        this.training = training;
        this.inSession = inSession;
        this.key = key;
        this.frozen = frozen;
    }

    /**
     * Makes the weights that are asked for.
     *
     * @param doubles FLOAT64 instead of FLOAT32
     */
    static Trace creating(RandomKey key, boolean doubles) {
        return new Trace(true, doubles, false, false, key, path -> true);
    }

    static Trace inference(Weights weights, RandomKey key) {
        return new Trace(false, false, false, false, key, path -> true).with(weights);
    }

    /** Inference that goes on from what an earlier call carried. */
    static Trace session(Weights weights, RandomKey key, TensorMap carried) {
        Trace trace = new Trace(false, false, false, true, key, path -> true).with(weights);
        carried.forEach(trace.carried::put);
        return trace;
    }

    /** @param frozen which scopes do not learn, by path */
    static Trace training(Weights weights, RandomKey key, Predicate<String> frozen, TensorMap carried) {
        Trace trace = new Trace(false, false, true, false, key, frozen).with(weights);
        carried.forEach(trace.carried::put);
        return trace;
    }

    private Trace with(Weights weights) {
        weights.parameters().forEach(parameters::put);
        weights.buffers().forEach(buffers::put);
        return this;
    }

    /** Parameters and buffers as they are now: created, or moved by training. */
    Weights weights() {
        return Weights.of(parameters, buffers);
    }

    /** What a session keeps. */
    TensorMap carried() {
        return TensorMap.of(carried);
    }

    /** The paths of all weights that were asked for, in this order. */
    Collection<String> asked() {
        return wanted.keySet();
    }

    List<Use> uses() {
        return uses;
    }

    <O extends Tree> O calling(String path, Block<?, O> block, Tree input, Supplier<O> call) {
        int before = uses.size();
        O output = Errors.inLayer(path, block, call);
        uses.add(before, new Use(path, block, output));
        return output;
    }

    Tensor parameter(String path, Shape shape, Initializer init) {
        return find("parameter", parameters, path, shape, init);
    }

    Scope.Slot buffer(String path, Shape shape, Initializer init) {
        find("buffer", buffers, path, shape, init);
        return new MapSlot(buffers, path, shape);
    }

    Scope.Slot carry(String path, DType dtype, Shape shape) {
        Tensor held = carried.computeIfAbsent(path, p -> Tensor.zeros(dtype, shape));
        checkShape("carried state", path, shape, held.shape());
        return new MapSlot(carried, path, shape);
    }

    Tensor append(String path, int axis, Tensor x) {
        if (!inSession) {
            return x;
        }
        return carried.merge(path, x, (before, now) -> Tensors.concat(axis, before, now));
    }

    Scope.Cache cache(String path, int axis, Tensor x) {
        if (!inSession) {
            return new Scope.Cache(x, Tensor.zeros(DType.INT32, Shape.SCALAR));
        }
        caches.put(path, new Caches.Use(axis, x.dim(axis)));
        return Caches.append(carried, path, axis, x);
    }

    boolean inSession() {
        return inSession;
    }

    /** What this trace appended to which cache. */
    Map<String, Caches.Use> caches() {
        return Map.copyOf(caches);
    }

    RandomKey key(String path) {
        int times = asked.merge(path, 1, Integer::sum) - 1;
        RandomKey here = key.at(path);
        return times == 0 ? here : here.at(times);
    }

    boolean training(String path) {
        return training && !frozen.test(path);
    }

    private Tensor find(String what, Map<String, Tensor> values, String path, Shape shape, Initializer init) {
        if (creating) {
            values.computeIfAbsent(path, p -> precise(init.init(key.at(p), shape)));
        }
        Tensor value = values.get(path);
        wanted.put(path, shape);
        if (value != null && value.shape().equals(shape)) {
            return value;
        }
        if (creating && value != null) {
            throw wrongShape(what, path, shape, value.shape());
        }
        problems = true;
        return Tensor.zeros(shape);
    }

    private Tensor precise(Tensor made) {
        return doubles && made.dtype() == DType.FLOAT32 ? made.cast(DType.FLOAT64) : made;
    }

    /**
     * Whether the weights were what the block asked for; wrong ones stand in as zeros so that one message can list all.
     *
     * @param strict whether weights that nobody asked for are wrong too
     * @throws NameException that lists all differences
     */
    void finish(boolean strict) {
        Map<String, Tensor> given = new LinkedHashMap<>(parameters);
        given.putAll(buffers);
        boolean extra = strict && !wanted.keySet().containsAll(given.keySet());
        if (problems || extra) {
            throw Fit.problem("these weights", wanted, given);
        }
    }

    private static void checkShape(String what, String path, Shape expected, Shape received) {
        if (!expected.equals(received)) {
            throw wrongShape(what, path, expected, received);
        }
    }

    private static ShapeException wrongShape(String what, String path, Shape expected, Shape received) {
        return ShapeException.of(what + " '" + path + "' has another shape than the model asks for", expected.toString(),
                received.toString());
    }

    private record MapSlot(Map<String, Tensor> values, String path, Shape shape) implements Scope.Slot {

        @Override
        public Tensor get() {
            return Objects.requireNonNull(values.get(path));
        }

        @Override
        public void set(Tensor value) {
            checkShape("the new value of", path, shape, value.shape());
            values.put(path, value);
        }
    }
}
