package dev.gamelan.tensor;

import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Ops;
import dev.gamelan.ir.Type;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * What a function did with arguments that have no values.
 *
 * @param inputs stand for the leaves of the arguments
 * @param result the structure of what came back
 * @param outputs its leaves
 * @param start nodes with smaller numbers were there before, so they do not depend on the inputs
 */
record Traced(List<Node> inputs, Structure result, List<Node> outputs, long start) {

    /** A function of leaves. */
    interface Body {
        Object apply(List<Tensor> leaves);
    }

    /** @param names of the inputs, for error messages; as many as types */
    static Traced of(List<Type> types, List<String> names, Body body) {
        long start = Node.nextId();
        List<Node> inputs = new ArrayList<>(types.size());
        for (int i = 0; i < types.size(); i++) {
            inputs.add(Ops.input(types.get(i), names.get(i)));
        }
        return of(inputs, start, () -> body.apply(inputs.stream().map(Tensor::of).toList()));
    }

    private static Traced of(List<Node> inputs, long start, Supplier<Object> body) {
        List<Tensor> leaves = new ArrayList<>();
        Structure result = Structure.flatten(Trace.run(body), leaves);
        return new Traced(List.copyOf(inputs), result, leaves.stream().map(Tensor::node).toList(), start);
    }

    /** Of a function of one tree. */
    static <A extends Tree> Traced of(Arguments arguments, Function<A, ? extends Tree> function) {
        return of(arguments.types(), arguments.names(),
                leaves -> function.apply(Trees.<A>make(arguments.structure(), leaves)));
    }

    /**
     * There before the trace, so independent of the inputs. Operations with several results are looked through: only
     * their results are values.
     */
    private boolean isOlder(Node node) {
        return node.id() < start && !LazyProgram.isTuple(node.op());
    }

    /** These nodes with other nodes in the place of the inputs. */
    List<Node> inline(List<Node> results, List<Node> arguments) {
        Map<Node, Node> replaced = new IdentityHashMap<>();
        for (int i = 0; i < inputs.size(); i++) {
            replaced.put(inputs.get(i), arguments.get(i));
        }
        return Walk.below(results, this::isOlder).rebuild(results, replaced);
    }

    List<Node> inline(List<Node> arguments) {
        return inline(outputs, arguments);
    }

    /** The values from outside that these nodes need; numbers and indices are none, as anybody can make them again. */
    List<Node> captured() {
        return Walk.below(outputs, this::isCaptured).boundary();
    }

    private boolean isCaptured(Node node) {
        return node.op() instanceof Op.Constant || isOlder(node) && !node.operands().isEmpty() || isForeignInput(node);
    }

    private boolean isForeignInput(Node node) {
        return node.op() instanceof Op.Input && !inputs.contains(node);
    }

    /** A program of the inputs and then of captured values, which must be all that {@link #captured} finds. */
    Graph close(List<Node> captured) {
        Map<Node, Node> replaced = new IdentityHashMap<>();
        List<Node> all = new ArrayList<>(inputs);
        for (Node node : captured) {
            Node input = Ops.input(node.type(), "");
            replaced.put(node, input);
            all.add(input);
        }
        Set<Node> boundary = Collections.newSetFromMap(new IdentityHashMap<>());
        boundary.addAll(captured);
        return Graph.of(all, Walk.below(outputs, boundary::contains).rebuild(outputs, replaced));
    }

    /** The results as the tree they belong to. */
    <B> B tree(List<Node> results) {
        return Trees.make(result, results.stream().map(Tensor::of).toList());
    }

    /** Every node once, in order. */
    static List<Node> union(List<Node> a, List<Node> b) {
        Set<Node> seen = new HashSet<>(a);
        List<Node> result = new ArrayList<>(a);
        b.stream().filter(seen::add).forEach(result::add);
        return result;
    }
}
