package dev.gamelan.nn;

import dev.gamelan.shape.TraceException;
import dev.gamelan.tensor.Binding;
import dev.gamelan.tensor.Functions;
import dev.gamelan.tensor.Stepper;
import dev.gamelan.tensor.TensorMap;
import dev.gamelan.tensor.Tree;
import java.util.ConcurrentModificationException;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Inference that goes on where the last call ended: recurrent state and caches are kept between calls, and updated in
 * place. For one thread at a time; two that meet get a {@link ConcurrentModificationException}.
 */
public final class Session<I extends Tree, O extends Tree> {

    record Call<I extends Tree>(Weights weights, I input) implements Tree {}

    private final Model<I, O> model;
    private final Stepper<TensorMap, Call<I>, O> stepper;
    private final Caches caches;
    private final AtomicBoolean busy = new AtomicBoolean();

    Session(Model<I, O> model) {
        this(model, Stepper.changing(TensorMap.of(), (TensorMap carried, Call<I> call) -> step(model, call.weights, carried, call.input)),
                new Caches());
    }

    private static <I extends Tree, O extends Tree> Stepper.Next<TensorMap, O> step(Model<I, O> model, Weights weights, TensorMap carried,
            I input) {
        Trace trace = Trace.session(weights, model.key(), carried);
        O output = model.block().apply(Scope.root(trace), input);
        return new Stepper.Next<>(trace.carried(), output);
    }

    private Session(Model<I, O> model, Stepper<TensorMap, Call<I>, O> stepper, Caches caches) {
        this.model = model;
        this.stepper = stepper;
        this.caches = caches;
    }

    /** The next output, with the model's weights of this moment. */
    public O apply(I input) {
        enter();
        try {
            Weights weights = model.weights();
            Caches.Uses uses = uses(weights, input);
            if (caches.areFull(uses)) {
                stepper.restart(caches.grown(stepper.state(), uses));
            }
            O output = stepper.step(new Call<>(weights, input));
            caches.used(uses);
            return output;
        } finally {
            busy.set(false);
        }
    }

    /**
     * Goes on from where this session is now, with the weights of this moment, for inputs like this one, and with arrays of its own
     * for what goes in and what comes out; see {@link Binding}. A cache that has to grow is made anew. This session stays where it is.
     */
    public Binding<I, O> bind(I input) {
        enter();
        try {
            Weights weights = model.weights();
            Stepper<TensorMap, I, O> steps = Stepper.changing(stepper.state(),
                    (TensorMap carried, I next) -> step(model, weights, carried, next));
            Caches own = caches.fork();
            Caches.Uses uses = uses(weights, input);
            Binding<I, O> bound = steps.bind(input);
            return bound.running(() -> {
                if (own.areFull(uses)) {
                    steps.restart(own.grown(steps.state(), uses));
                }
                bound.run();
                own.used(uses);
            });
        } finally {
            busy.set(false);
        }
    }

    /** Another session that starts where this one is now. What is carried is copied when one of the two goes on. */
    public Session<I, O> fork() {
        enter();
        try {
            return new Session<>(model, stepper.fork(), caches.fork());
        } finally {
            busy.set(false);
        }
    }

    /** Forgets everything. */
    public void reset() {
        enter();
        try {
            stepper.restart(TensorMap.of());
            caches.clear();
        } finally {
            busy.set(false);
        }
    }

    private Caches.Uses uses(Weights weights, I input) {
        return caches.uses(input, () -> {
            Trace trace = Trace.session(weights, model.key(), TensorMap.of());
            O _ = model.block().apply(Scope.root(trace), input);
            return trace.caches();
        });
    }

    private void enter() {
        if (Functions.tracing()) {
            throw new TraceException("a Session remembers its calls, so it cannot be a part of a function that is being traced"
                    + "\n  expected  the model itself, or Functions.scan\n  received  a call of a Session inside of a traced function");
        }
        if (!busy.compareAndSet(false, true)) {
            throw new ConcurrentModificationException("two threads use one session; give each its own, with fork()");
        }
    }
}
