package dev.gamelan.ir;

import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The rules of the graph, executable: run after every pass in tests. */
public final class Verifier {

    private Verifier() {}

    /**
     * Checks that operands come before their users, that every type is what the operation's rule gives, that inputs are
     * inputs, and that operations with several results are only read through {@code Get}; also in bodies.
     *
     * @throws IllegalStateException if a rule is broken, with the graph
     */
    public static Graph verify(Graph graph) {
        Set<Node> seen = new HashSet<>();
        for (Node node : graph.nodes()) {
            check(graph, node, seen.containsAll(graph.operands(node)), "an operand comes after its user");
            check(graph, node, node.types().equals(types(graph, node)), "the types are not what the rule gives");
            Op op = graph.op(node);
            check(graph, node, !(op instanceof Op.Input) || graph.inputs().contains(node), "an input that the graph does not list");
            for (Node operand : graph.operands(node)) {
                boolean several = graph.op(operand) instanceof Op.Program;
                check(graph, node, several == op instanceof Op.Get, "several results are read through Get, and only they");
            }
            GraphPrinter.bodies(op).forEach(Verifier::verify);
            seen.add(node);
        }
        return graph;
    }

    private static List<Type> types(Graph graph, Node node) {
        return Node.of(graph.op(node), graph.operands(node), Origin.UNKNOWN).types();
    }

    private static void check(Graph graph, Node node, boolean holds, String rule) {
        if (!holds) {
            throw new IllegalStateException("broken graph: " + rule + "\n  at " + node + "\n" + graph);
        }
    }
}
