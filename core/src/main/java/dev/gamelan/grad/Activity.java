package dev.gamelan.grad;

import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Type;
import dev.gamelan.shape.DType;
import java.util.Collection;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;

/** Which values depend, differentiably, on some others: derivatives exist nowhere else. */
final class Activity {

    private Activity() {}

    /** Whether values of this type have derivatives. Those of storage types are computed in FLOAT32. */
    static boolean differentiable(DType dtype) {
        return dtype.isFloating() || dtype.isStorageOnly();
    }

    /** The type in which the gradients of values of a type are added up. */
    static Type gradientType(Type type) {
        return type.dtype().isStorageOnly() ? type.with(DType.FLOAT32) : type;
    }

    /** The nodes of a graph that depend on the sources, with the differentiable sources themselves. */
    static Set<Node> of(Graph graph, Collection<Node> sources) {
        Set<Node> wanted = identitySet();
        wanted.addAll(sources);
        Set<Node> active = identitySet();
        for (Node node : graph.nodes()) {
            boolean depends = wanted.contains(node) || passes(graph.op(node)) && graph.operands(node).stream().anyMatch(active::contains);
            if (depends && node.types().stream().anyMatch(type -> differentiable(type.dtype()))) {
                active.add(node);
            }
        }
        return active;
    }

    private static boolean passes(Op op) {
        return !(op instanceof Op.StopGradient || op instanceof Op.Unary unary && Pointwise.isFlat(unary.kind()));
    }

    /** The nodes of a graph that depend on the sources in any way, with the sources. */
    static Set<Node> dependents(Graph graph, Collection<Node> sources) {
        Set<Node> result = identitySet();
        result.addAll(sources);
        graph.nodes().stream().filter(node -> graph.operands(node).stream().anyMatch(result::contains)).forEach(result::add);
        return result;
    }

    static Set<Node> identitySet() {
        return Collections.newSetFromMap(new IdentityHashMap<>());
    }
}
