package dev.gamelan.nn;

import dev.gamelan.ir.Origin;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.NameException;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.RandomKey;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.Tree;
import java.util.HashSet;
import java.util.Set;

/**
 * Where a block gets what it does not hold itself: parameters, state and random numbers, by path. A scope lives for one
 * trace. Each name serves once, so two blocks cannot share weights by accident.
 */
public final class Scope {

    /** A place that holds a tensor from one call to the next. */
    public interface Slot {

        Tensor get();

        /** @throws dev.gamelan.shape.ShapeException if the value has another shape than the slot */
        void set(Tensor value);
    }

    /**
     * All that a session cached in one place.
     *
     * @param values as long as the cache's capacity along its axis; what lies behind the newest element is zero
     * @param start  INT32 of rank 0: how many elements there were before the newest ones
     */
    public record Cache(Tensor values, Tensor start) implements Tree {}

    private final Trace trace;
    private final String path;
    private final Set<String> used = new HashSet<>();
    private final Set<String> shared = new HashSet<>();

    private Scope(Trace trace, String path) {
        this.trace = trace;
        this.path = path;
    }

    static Scope root(Trace trace) {
        return new Scope(trace, "");
    }

    /** Where this scope is in the model, such as {@code block_0.attention}; empty at the root. */
    public String path() {
        return path;
    }

    /** Uses a block under a name: its weights are found under {@code path.name.}. */
    public <I extends Tree, O extends Tree> O call(String name, Block<I, O> block, I input) {
        Scope child = child(name);
        return trace.calling(child.path, block, input, () -> Origin.inLayer(child.path, () -> block.apply(child, input)));
    }

    /** A scope below this one. */
    public Scope child(String name) {
        claim(Names.check(name), "each block needs its own name; to share weights enter scope.shared(\"" + name + "\")");
        return new Scope(trace, Names.join(path, name));
    }

    /** A scope below this one that may be entered again, with the same weights each time. */
    public Scope shared(String name) {
        if (shared.add(Names.check(name))) {
            claim(name, "a name is either shared or not");
        }
        return new Scope(trace, Names.join(path, name));
    }

    /**
     * Weights that follow the gradient. FLOAT32, or FLOAT64 where the model's example has such numbers, unless the initializer makes
     * something else than FLOAT32.
     */
    public Tensor parameter(String name, Shape shape, Initializer init) {
        claim(name, "each parameter needs its own name");
        return trace.parameter(Names.join(path, name), shape, init);
    }

    /** State that is saved and moved by training, not by gradients: running statistics. */
    public Slot buffer(String name, Shape shape, Initializer init) {
        claim(name, "each buffer needs its own name");
        return trace.buffer(Names.join(path, name), shape, init);
    }

    /** FLOAT32 state that lives as long as a {@link Session} and starts at zero: the state of a recurrent layer. */
    public Slot carry(String name, Shape shape) {
        return carry(name, DType.FLOAT32, shape);
    }

    /** State that lives as long as a {@link Session} and starts at zero. */
    public Slot carry(String name, DType dtype, Shape shape) {
        claim(name, "each carried state needs its own name");
        return trace.carry(Names.join(path, name), dtype, shape);
    }

    /**
     * All that this session appended along an axis so far, x last; without a session, x itself. Each length is a shape of
     * its own and is traced anew; see {@link #cache} for what grows at every call.
     */
    public Tensor append(String name, int axis, Tensor x) {
        claim(name, "each appended state needs its own name");
        return trace.append(Names.join(path, name), axis, x);
    }

    /**
     * As {@link #append}, for sequences that grow by a few elements at a time, such as the keys and values of attention:
     * the cache's capacity doubles when it is full, so that calls of the same shape run the same program. What reads it
     * masks the elements behind {@code start + x.dim(axis)}. Without a session: x itself, and 0.
     */
    public Cache cache(String name, int axis, Tensor x) {
        claim(name, "each cache needs its own name");
        return trace.cache(Names.join(path, name), x.shape().axis(axis), x);
    }

    /** Whether this is a call of a {@link Session}, which may go on from earlier ones. */
    public boolean inSession() {
        return trace.inSession();
    }

    /** Random numbers of this place: they depend on the seed, the step, the path and how often this place asked. */
    public RandomKey key() {
        return trace.key(path);
    }

    /** Whether this runs to learn. Not so in inference, nor in a part of the model that is frozen. */
    public boolean training() {
        return trace.training(path);
    }

    private void claim(String name, String advice) {
        if (!used.add(name)) {
            throw new NameException("the name '" + name + "' is used twice in " + (path.isEmpty() ? "the root scope" : "'" + path + "'")
                    + "; " + advice);
        }
    }
}
