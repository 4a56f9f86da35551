package dev.gamelan.tensor;

import dev.gamelan.ir.Data;
import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Origin;
import dev.gamelan.ir.Type;
import dev.gamelan.runtime.Backend;
import dev.gamelan.runtime.Executable;
import dev.gamelan.shape.TraceException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The program of one function. */
final class Compiled<A extends Tree, B extends Tree> implements Program<A, B> {

    private record Key(Structure structure, List<Type> types) {}

    private record Entry(Structure result, Graph graph, Executable executable) {}

    /** The last call's. Most calls are like the one before: for them no key is made and no map is asked. */
    private record Recent(Structure structure, List<Type> types, Entry entry) {

        /** Whether an argument is of this kind; its leaves are appended, perhaps only some if not. */
        boolean fits(Tree argument, List<Tensor> leaves) {
            boolean fits = structure.matches(argument, leaves) && leaves.size() == types.size();
            for (int i = 0; fits && i < leaves.size(); i++) {
                fits = leaves.get(i).node().type().equals(types.get(i));
            }
            return fits;
        }
    }

    private final Function<A, B> function;
    private final LruCache<Key, Entry> entries = new LruCache<>(256);
    private volatile @Nullable Recent recent;

    Compiled(Function<A, B> function) {
        this.function = function;
    }

    @Override
    public B apply(A argument) {
        if (Trace.active()) {
            return function.apply(argument);
        }
        Recent last = recent;
        List<Tensor> leaves = new ArrayList<>();
        if (last != null && last.fits(argument, leaves)) {
            return run(last.entry, Arguments.values(leaves));
        }
        Arguments arguments = Arguments.of(argument);
        Entry entry = entry(arguments);
        recent = new Recent(arguments.structure(), arguments.types(), entry);
        return run(entry, arguments.values());
    }

    private static <B> B run(Entry entry, List<Data> inputs) {
        List<Data> results = entry.executable.run(inputs);
        List<Tensor> tensors = new ArrayList<>(results.size());
        for (Data result : results) {
            tensors.add(Tensor.of(result));
        }
        return Trees.make(entry.result, tensors);
    }

    private Entry entry(Arguments arguments) {
        Key key = new Key(arguments.structure(), arguments.types());
        return entries.get(key).orElseGet(() -> entries.putIfAbsent(key, compile(arguments)));
    }

    private Entry compile(Arguments arguments) {
        Traced traced = Origin.recordingLines(() -> Traced.of(arguments, function));
        Graph graph = closed(traced);
        return new Entry(traced.result(), graph, Backend.preferred().compile(graph));
    }

    /** What was there before the trace is a constant: it is computed once, not with every call. */
    static Graph closed(Traced traced) {
        List<Node> captured = new ArrayList<>(traced.captured());
        Evaluator.evaluate(captured);
        return Graph.of(traced.inputs(), traced.outputs());
    }

    @Override
    public Program<A, B> warm(A example) {
        Tensors.eval(apply(example));
        return this;
    }

    @Override
    public String explain(A example) {
        return entry(Arguments.of(example)).graph.toString();
    }

    @Override
    public Binding<A, B> bind(A example) {
        if (Trace.active()) {
            throw new TraceException("a Binding has arrays of its own, so it cannot be a part of a function that is being traced"
                    + "\n  expected  a call of the program\n  received  Program.bind inside of a traced function");
        }
        Arguments arguments = Arguments.of(example);
        Entry entry = entry(arguments);
        return Binding.of(arguments, entry.result, entry.graph.outputs().stream().map(Node::type).toList(), entry.executable::run);
    }
}
