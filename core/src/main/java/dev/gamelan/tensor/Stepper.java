package dev.gamelan.tensor;

import dev.gamelan.ir.Data;
import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Origin;
import dev.gamelan.ir.Type;
import dev.gamelan.runtime.Backend;
import dev.gamelan.runtime.Executable;
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

    private record Entry(Structure input, List<Type> types, Structure output, Executable executable) {}

    private final BiFunction<S, I, Next<S, O>> function;
    private final Structure structure;
    private final List<Type> types;
    private final List<String> names;
    private final List<Data> arguments;
    private final List<Tensor> inputLeaves = new ArrayList<>();
    private final List<Entry> entries = new ArrayList<>();
    private final AtomicBoolean busy = new AtomicBoolean();
    private long steps;

    private Stepper(S initial, BiFunction<S, I, Next<S, O>> function) {
        this.function = function;
        Arguments state = Arguments.of(initial);
        this.structure = state.structure();
        this.types = state.types();
        this.names = state.names();
        Evaluator.evaluate(state.nodes());
        this.arguments = new ArrayList<>(state.nodes().stream().map(node -> copy(Evaluator.data(node))).toList());
    }

    /**
     * @param initial the state before the first step; its values are copied
     * @param step a pure function, traced once for each structure and each shape of the input
     */
    public static <S extends Tree, I extends Tree, O extends Tree> Stepper<S, I,
            O> of(S initial, BiFunction<S, I, Next<S, O>> step) {
        checkNotTracing("Stepper.of");
        return new Stepper<>(initial, step);
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
        try {
            Entry entry = entry(input);
            int carries = types.size();
            computeInput();
            for (int i = 0; i < inputLeaves.size(); i++) {
                arguments.add(inputLeaves.get(i).data());
            }
            List<Data> results = entry.executable.run(arguments);
            steps++;
            return output(entry, results.subList(carries, results.size()));
        } finally {
            arguments.subList(types.size(), arguments.size()).clear();
            inputLeaves.clear();
            busy.set(false);
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

    private O output(Entry entry, List<Data> results) {
        List<Tensor> leaves = new ArrayList<>(results.size());
        for (int i = 0; i < results.size(); i++) {
            leaves.add(Tensor.of(results.get(i)));
        }
        return Trees.make(entry.output, leaves);
    }

    private void enter() {
        checkNotTracing("Stepper.step");
        if (!busy.compareAndSet(false, true)) {
            throw new IllegalStateException(
                    "two threads meet in a Stepper, which is for one at a time; give each thread its own");
        }
    }

    /** Leaves the input's tensors in the buffer. */
    private Entry entry(I input) {
        for (int i = 0; i < entries.size(); i++) {
            Entry entry = entries.get(i);
            inputLeaves.clear();
            if (entry.input.matches(input, inputLeaves) && typesMatch(entry.types)) {
                return entry;
            }
        }
        inputLeaves.clear();
        Structure inputStructure = Structure.flatten(input, inputLeaves);
        Entry entry = compile(inputStructure, inputLeaves.stream().map(leaf -> leaf.node().type()).toList());
        entries.addFirst(entry);
        return entry;
    }

    private boolean typesMatch(List<Type> expected) {
        boolean match = expected.size() == inputLeaves.size();
        for (int i = 0; match && i < expected.size(); i++) {
            match = inputLeaves.get(i).node().type().equals(expected.get(i));
        }
        return match;
    }

    private Entry compile(Structure input, List<Type> inputTypes) {
        List<Type> all = new ArrayList<>(types);
        all.addAll(inputTypes);
        List<String> allNames = new ArrayList<>(names);
        input.paths("", allNames);
        int carries = types.size();
        Traced traced = Origin.recordingLines(() -> Traced.of(all, allNames, leaves -> function.apply(
                Trees.make(structure, leaves.subList(0, carries)),
                Trees.make(input, leaves.subList(carries, leaves.size())))));
        Loops.checkState("Stepper: the state that the step returns", structure, types, traced);
        Graph graph = Compiled.closed(traced);
        Structure output = ((Structure.Composite) traced.result()).parts().getLast();
        return new Entry(input, inputTypes, output, Backend.preferred().compile(graph, carries));
    }

    /** How many steps were done. */
    public long steps() {
        return steps;
    }

    /** A copy of the state as it is now. */
    public S state() {
        enter();
        try {
            return Trees.make(structure, arguments.stream().map(data -> Tensor.of(copy(data))).toList());
        } finally {
            busy.set(false);
        }
    }
}
