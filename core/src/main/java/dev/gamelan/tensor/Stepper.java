package dev.gamelan.tensor;

import dev.gamelan.ir.Data;
import dev.gamelan.shape.ShapeException;
import dev.gamelan.shape.TraceException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiFunction;

/**
 * A compiled loop that owns its state and updates it in place. One of the four things that are not values: each
 * {@link #step} changes it. Not for two threads at once: it throws when they meet.
 */
public final class Stepper<S extends Tree, I extends Tree, O extends Tree> {

    /** What a step gives: the next state, of the same shapes and types, and an output. */
    public record Next<S extends Tree, O extends Tree>(S state, O output) implements Tree {}

    private final StepPrograms<S, I, O> programs;
    private StepPrograms.Kind kind;
    private final List<Data> state;
    /** What a step gets and, where its outputs are bound, gives; empty between steps. */
    private final List<Data> arguments = new ArrayList<>();
    private final List<Data> results = new ArrayList<>();
    private final List<Tensor> inputLeaves = new ArrayList<>();
    private final AtomicBoolean busy = new AtomicBoolean();
    /** Whether another stepper has the same arrays, so that they must not be overwritten. */
    private boolean shared;
    private boolean torn;
    private long steps;

    private Stepper(StepPrograms<S, I, O> programs, StepPrograms.Kind kind, List<Data> state) {
        this.programs = programs;
        this.kind = kind;
        this.state = new ArrayList<>(state);
    }

    /**
     * @param initial the state before the first step; its values are copied
     * @param step a pure function, traced once for each structure and each shape of the input
     */
    public static <S extends Tree, I extends Tree, O extends Tree> Stepper<S, I, O> of(S initial, BiFunction<S, I, Next<S, O>> step) {
        return of(initial, new StepPrograms<>(step, false));
    }

    /**
     * As {@link #of}, but the state may become another: of other shapes, such as a sequence that grows, or of another
     * structure. It is updated in place whenever it stays the same.
     */
    public static <S extends Tree, I extends Tree, O extends Tree> Stepper<S, I, O> changing(S initial, BiFunction<S, I, Next<S, O>> step) {
        return of(initial, new StepPrograms<>(step, true));
    }

    private static <S extends Tree, I extends Tree, O extends Tree> Stepper<S, I, O> of(S initial, StepPrograms<S, I, O> programs) {
        checkNotTracing("Stepper.of");
        Arguments state = Arguments.of(initial);
        return new Stepper<>(programs, StepPrograms.Kind.of(state), state.copies());
    }

    private static void checkNotTracing(String method) {
        if (Trace.active()) {
            throw new TraceException("a Stepper holds state, so it cannot be a part of a function that is being traced"
                    + "\n  expected  the step as a plain function, or Functions.scan\n  received  " + method
                    + " inside of a traced function");
        }
    }

    /** Does one step. */
    public O step(I input) {
        enter("Stepper.step");
        try {
            StepPrograms.Entry entry = programs.entry(kind, input, inputLeaves);
            computeInput();
            begin(entry);
            for (int i = 0; i < inputLeaves.size(); i++) {
                arguments.add(inputLeaves.get(i).data());
            }
            List<Data> all = entry.executable().run(arguments);
            end(entry, all);
            return output(entry, all.subList(entry.after().size(), all.size()));
        } finally {
            leave();
        }
    }

    /**
     * Compiles for inputs like this one, with arrays of its own for the input and the output: each run of the binding is a step. It
     * allocates nothing while the state stays of one kind.
     */
    public Binding<I, O> bind(I example) {
        enter("Stepper.bind");
        try {
            StepPrograms.Entry entry = programs.entry(kind, example, inputLeaves);
            return Binding.of(Arguments.of(example), entry.output(), entry.outputTypes(), boundStep(example, entry));
        } finally {
            leave();
        }
    }

    private Binding.Body boundStep(I example, StepPrograms.Entry first) {
        return new Binding.Body() {
            private StepPrograms.Entry entry = first;

            @Override
            public void run(List<Data> inputs, List<Data> outputs) {
                enter("Binding.run");
                try {
                    if (entry.before() != kind) {
                        entry = next();
                    }
                    begin(entry);
                    append(inputs, arguments);
                    if (entry.inPlace()) {
                        append(state, results);
                        append(outputs, results);
                        entry.executable().run(arguments, results);
                    } else {
                        results.addAll(entry.executable().run(arguments));
                        overwrite(outputs, results.subList(entry.after().size(), results.size()));
                    }
                    end(entry, results);
                } finally {
                    leave();
                }
            }

            private StepPrograms.Entry next() {
                StepPrograms.Entry next = programs.entry(kind, example, inputLeaves);
                if (!next.outputTypes().equals(first.outputTypes())) {
                    throw ShapeException.of("Binding: a step of another state gives another output", first.outputTypes().toString(),
                            next.outputTypes().toString());
                }
                return next;
            }
        };
    }

    private void begin(StepPrograms.Entry entry) {
        checkWhole();
        if (shared && entry.inPlace()) {
            state.replaceAll(Data::copy);
            shared = false;
        }
        append(state, arguments);
        torn = entry.inPlace();
    }

    private void end(StepPrograms.Entry entry, List<Data> all) {
        torn = false;
        steps++;
        if (!entry.inPlace()) {
            state.clear();
            state.addAll(all.subList(0, entry.after().size()));
            kind = entry.after();
            shared = false;
        }
    }

    /** Allocates nothing. */
    private static void append(List<Data> from, List<Data> to) {
        for (int i = 0; i < from.size(); i++) {
            to.add(from.get(i));
        }
    }

    private static void overwrite(List<Data> arrays, List<Data> values) {
        for (int i = 0; i < arrays.size(); i++) {
            arrays.get(i).overwrite(values.get(i));
        }
    }

    private void checkWhole() {
        if (torn) {
            throw new IllegalStateException("an earlier step failed halfway, so the state is neither old nor new; restart it");
        }
    }

    /** In one program, where there is anything to compute. */
    private void computeInput() {
        for (int i = 0; i < inputLeaves.size(); i++) {
            if (!Evaluator.isKnown(inputLeaves.get(i).node())) {
                Evaluator.evaluate(inputLeaves.stream().map(Tensor::node).toList());
                return;
            }
        }
    }

    private O output(StepPrograms.Entry entry, List<Data> results) {
        List<Tensor> leaves = new ArrayList<>(results.size());
        for (int i = 0; i < results.size(); i++) {
            leaves.add(Tensor.of(results.get(i)));
        }
        return Trees.make(entry.output(), leaves);
    }

    private void enter(String method) {
        checkNotTracing(method);
        if (!busy.compareAndSet(false, true)) {
            throw new IllegalStateException(
                    "two threads meet in a Stepper, which is for one at a time; give each thread its own");
        }
    }

    private void leave() {
        arguments.clear();
        results.clear();
        inputLeaves.clear();
        busy.set(false);
    }

    /** How many steps were done. */
    public long steps() {
        return steps;
    }

    /** A copy of the state as it is now. */
    public S state() {
        enter("Stepper.state");
        try {
            checkWhole();
            return Trees.make(kind.structure(), state.stream().map(data -> Tensor.of(data.copy())).toList());
        } finally {
            leave();
        }
    }

    /** Another stepper that starts where this one is now. Both use the same programs; values are copied when one moves on. */
    public Stepper<S, I, O> fork() {
        enter("Stepper.fork");
        try {
            checkWhole();
            shared = true;
            Stepper<S, I, O> fork = new Stepper<>(programs, kind, state);
            fork.shared = true;
            return fork;
        } finally {
            leave();
        }
    }

    /**
     * Goes on from another state, whose values are copied.
     *
     * @throws dev.gamelan.shape.ShapeException if it is of other shapes or types, unless this stepper is {@link #changing}
     */
    public void restart(S next) {
        enter("Stepper.restart");
        try {
            Arguments given = Arguments.of(next);
            StepPrograms.Kind other = StepPrograms.Kind.of(given);
            if (!programs.changing() && !other.isLike(kind)) {
                throw ShapeException.of("Stepper: restarted with another kind of state", kind.structure().describe() + " of "
                        + kind.types(), other.structure().describe() + " of " + other.types());
            }
            List<Data> values = given.copies();
            state.clear();
            state.addAll(values);
            kind = other.isLike(kind) ? kind : programs.known(other);
            shared = false;
            torn = false;
        } finally {
            leave();
        }
    }
}
