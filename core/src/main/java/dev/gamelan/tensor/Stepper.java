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
    private final List<Data> arguments;
    private final List<Tensor> inputLeaves = new ArrayList<>();
    private final AtomicBoolean busy = new AtomicBoolean();
    /** Whether another stepper has the same arrays, so that they must not be overwritten. */
    private boolean shared;
    private boolean torn;
    private long steps;

    private Stepper(StepPrograms<S, I, O> programs, StepPrograms.Kind kind, List<Data> arguments) {
        this.programs = programs;
        this.kind = kind;
        this.arguments = new ArrayList<>(arguments);
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
        return new Stepper<>(programs, StepPrograms.Kind.of(state), copies(state));
    }

    private static List<Data> copies(Arguments state) {
        Evaluator.evaluate(state.nodes());
        return state.nodes().stream().map(node -> copy(Evaluator.data(node))).toList();
    }

    private static void checkNotTracing(String method) {
        if (Trace.active()) {
            throw new TraceException("a Stepper holds state, so it cannot be a part of a function that is being traced"
                    + "\n  expected  the step as a plain function, or Functions.scan\n  received  " + method
                    + " inside of a traced function");
        }
    }

    private static Data copy(Data data) {
        int length = data.length();
        Object array = data.dtype().newArray(length);
        System.arraycopy(data.array(), 0, array, 0, length);
        return new Data(data.type(), array);
    }

    /** Does one step. */
    public O step(I input) {
        enter();
        int carries = arguments.size();
        try {
            checkWhole();
            StepPrograms.Entry entry = programs.entry(kind, input, inputLeaves);
            computeInput();
            if (shared && entry.inPlace()) {
                arguments.replaceAll(Stepper::copy);
                shared = false;
            }
            for (int i = 0; i < inputLeaves.size(); i++) {
                arguments.add(inputLeaves.get(i).data());
            }
            List<Data> results = run(entry);
            steps++;
            if (!entry.inPlace()) {
                arguments.clear();
                arguments.addAll(results.subList(0, entry.after().size()));
                kind = entry.after();
                shared = false;
                carries = arguments.size();
            }
            return output(entry, results.subList(carries, results.size()));
        } finally {
            arguments.subList(carries, arguments.size()).clear();
            inputLeaves.clear();
            busy.set(false);
        }
    }

    private List<Data> run(StepPrograms.Entry entry) {
        torn = entry.inPlace();
        List<Data> results = entry.executable().run(arguments);
        torn = false;
        return results;
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

    private void enter() {
        checkNotTracing("Stepper.step");
        if (!busy.compareAndSet(false, true)) {
            throw new IllegalStateException(
                    "two threads meet in a Stepper, which is for one at a time; give each thread its own");
        }
    }

    /** How many steps were done. */
    public long steps() {
        return steps;
    }

    /** A copy of the state as it is now. */
    public S state() {
        enter();
        try {
            checkWhole();
            return Trees.make(kind.structure(), arguments.stream().map(data -> Tensor.of(copy(data))).toList());
        } finally {
            busy.set(false);
        }
    }

    /** Another stepper that starts where this one is now. Both use the same programs; values are copied when one moves on. */
    public Stepper<S, I, O> fork() {
        enter();
        try {
            checkWhole();
            shared = true;
            Stepper<S, I, O> fork = new Stepper<>(programs, kind, arguments);
            fork.shared = true;
            return fork;
        } finally {
            busy.set(false);
        }
    }

    /**
     * Goes on from another state, whose values are copied.
     *
     * @throws dev.gamelan.shape.ShapeException if it is of other shapes or types, unless this stepper is {@link #changing}
     */
    public void restart(S state) {
        enter();
        try {
            Arguments given = Arguments.of(state);
            StepPrograms.Kind next = StepPrograms.Kind.of(given);
            if (!programs.changing() && !next.isLike(kind)) {
                throw ShapeException.of("Stepper: restarted with another kind of state", kind.structure().describe() + " of "
                        + kind.types(), next.structure().describe() + " of " + next.types());
            }
            List<Data> values = copies(given);
            arguments.clear();
            arguments.addAll(values);
            kind = next.isLike(kind) ? kind : programs.known(next);
            shared = false;
            torn = false;
        } finally {
            busy.set(false);
        }
    }
}
