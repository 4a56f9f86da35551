package dev.gamelan.nn;

import dev.gamelan.tensor.Functions;
import dev.gamelan.tensor.Program;
import dev.gamelan.tensor.TensorMap;
import dev.gamelan.tensor.Tree;
import java.util.ConcurrentModificationException;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Inference that goes on where the last call ended: recurrent state and caches are kept between calls. For one thread at
 * a time; two that meet get a {@link ConcurrentModificationException}.
 */
public final class Session<I extends Tree, O extends Tree> {

    record Call<I extends Tree>(Weights weights, TensorMap carried, I input) implements Tree {}

    record Result<O extends Tree>(TensorMap carried, O output) implements Tree {}

    private final Model<I, O> model;
    private final Program<Call<I>, Result<O>> program;
    private final AtomicBoolean busy = new AtomicBoolean();
    private final Caches caches;
    private TensorMap carried;

    Session(Model<I, O> model) {
        this(model, TensorMap.of(), new Caches(), Functions.compile((Call<I> call) -> {
            Trace trace = Trace.session(call.weights, model.key(), call.carried);
            O output = model.block().apply(Scope.root(trace), call.input);
            return new Result<>(trace.carried(), output);
        }));
    }

    private Session(Model<I, O> model, TensorMap carried, Caches caches, Program<Call<I>, Result<O>> program) {
        this.model = model;
        this.carried = carried;
        this.caches = caches;
        this.program = program;
    }

    /** The next output, with the model's weights of this moment. */
    public O apply(I input) {
        enter();
        try {
            Weights weights = model.weights();
            carried = caches.withRoom(carried, input, () -> {
                Trace trace = Trace.session(weights, model.key(), carried);
                O _ = model.block().apply(Scope.root(trace), input);
                return trace.caches();
            });
            Result<O> result = program.apply(new Call<>(weights, carried, input));
            carried = result.carried();
            return result.output();
        } finally {
            busy.set(false);
        }
    }

    /** Another session that starts where this one is now. Costs nothing. */
    public Session<I, O> fork() {
        enter();
        try {
            return new Session<>(model, carried, caches, program);
        } finally {
            busy.set(false);
        }
    }

    /** Forgets everything. */
    public void reset() {
        enter();
        carried = TensorMap.of();
        busy.set(false);
    }

    private void enter() {
        if (!busy.compareAndSet(false, true)) {
            throw new ConcurrentModificationException("two threads use one session; give each its own, with fork()");
        }
    }
}
