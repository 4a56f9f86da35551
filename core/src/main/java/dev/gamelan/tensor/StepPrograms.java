package dev.gamelan.tensor;

import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Origin;
import dev.gamelan.ir.Type;
import dev.gamelan.runtime.Backend;
import dev.gamelan.runtime.Executable;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiFunction;

/** The programs of a {@link Stepper} and its forks: one for each kind of state and of input. */
final class StepPrograms<S extends Tree, I extends Tree, O extends Tree> {

    /** What a state is besides its values. One instance stands for all that are alike, so that a step finds its program by identity. */
    static final class Kind {
        private final Structure structure;
        private final List<Type> types;

        private Kind(Structure structure, List<Type> types) {
            this.structure = structure;
            this.types = types;
        }

        static Kind of(Arguments state) {
            return new Kind(state.structure(), state.types());
        }

        Structure structure() {
            return structure;
        }

        List<Type> types() {
            return types;
        }

        int size() {
            return types.size();
        }

        boolean isLike(Kind other) {
            return types.equals(other.types) && structure.equals(other.structure);
        }

        List<String> names() {
            List<String> names = new ArrayList<>();
            structure.paths("", names);
            return names;
        }
    }

    /** A compiled step; in place if the state after it is of the kind before it. */
    record Entry(Kind before, Structure input, List<Type> types, Kind after, Structure output, List<Type> outputTypes,
            Executable executable) {

        boolean inPlace() {
            return before == after;
        }
    }

    private final BiFunction<S, I, Stepper.Next<S, O>> function;
    private final boolean changing;
    private final List<Entry> entries = new CopyOnWriteArrayList<>();

    /** @param changing whether the state may become another kind */
    StepPrograms(BiFunction<S, I, Stepper.Next<S, O>> function, boolean changing) {
        this.function = function;
        this.changing = changing;
    }

    boolean changing() {
        return changing;
    }

    /** The instance that stands for this kind. */
    Kind known(Kind kind) {
        for (Entry entry : entries) {
            if (entry.before.isLike(kind)) {
                return entry.before;
            }
            if (entry.after.isLike(kind)) {
                return entry.after;
            }
        }
        return kind;
    }

    /** Leaves the input's tensors in the buffer. */
    Entry entry(Kind state, I input, List<Tensor> leaves) {
        for (int i = 0; i < entries.size(); i++) {
            Entry entry = entries.get(i);
            leaves.clear();
            if (entry.before == state && entry.input.matches(input, leaves) && typesMatch(entry.types, leaves)) {
                return entry;
            }
        }
        leaves.clear();
        Structure structure = Structure.flatten(input, leaves);
        Entry entry = compile(state, structure, leaves.stream().map(leaf -> leaf.node().type()).toList());
        entries.addFirst(entry);
        return entry;
    }

    private static boolean typesMatch(List<Type> expected, List<Tensor> leaves) {
        boolean match = expected.size() == leaves.size();
        for (int i = 0; match && i < expected.size(); i++) {
            match = leaves.get(i).node().type().equals(expected.get(i));
        }
        return match;
    }

    private Entry compile(Kind state, Structure input, List<Type> inputTypes) {
        List<Type> all = new ArrayList<>(state.types);
        all.addAll(inputTypes);
        List<String> names = new ArrayList<>(state.names());
        input.paths("", names);
        Traced traced = Origin.recordingLines(() -> Traced.of(all, names, leaves -> function.apply(
                Trees.make(state.structure, leaves.subList(0, state.size())),
                Trees.make(input, leaves.subList(state.size(), leaves.size())))));
        if (!changing) {
            Loops.checkState("Stepper: the state that the step returns", state.structure, state.types, traced);
        }
        List<Structure> parts = ((Structure.Composite) traced.result()).parts();
        Kind after = kind(parts.getFirst(), traced);
        Kind next = after.isLike(state) ? state : known(after);
        Graph graph = Compiled.closed(traced);
        List<Type> outputTypes = traced.outputs().subList(after.size(), traced.outputs().size()).stream().map(Node::type).toList();
        return new Entry(state, input, inputTypes, next, parts.getLast(), outputTypes,
                Backend.preferred().compile(graph, next == state ? state.size() : 0));
    }

    private static Kind kind(Structure structure, Traced traced) {
        List<String> paths = new ArrayList<>();
        structure.paths("", paths);
        return new Kind(structure, traced.outputs().subList(0, paths.size()).stream().map(node -> node.type()).toList());
    }
}
