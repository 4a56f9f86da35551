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

/** The program of one function. */
final class Compiled<A extends Tree, B extends Tree> implements Program<A, B> {

    private record Key(Structure structure, List<Type> types) {}

    private record Entry(Structure result, Graph graph, Executable executable) {}

    private final Function<A, B> function;
    private final LruCache<Key, Entry> entries = new LruCache<>(256);

    Compiled(Function<A, B> function) {
        this.function = function;
    }

    @Override
    public B apply(A argument) {
        if (Trace.active()) {
            return function.apply(argument);
        }
        Arguments arguments = Arguments.of(argument);
        Entry entry = entry(arguments);
        List<Data> results = entry.executable.run(arguments.values());
        return Trees.make(entry.result, results.stream().map(Tensor::of).toList());
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
