package dev.gamelan.ir;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** A graph as text: one line per node, bodies indented below the node that holds them. */
final class GraphPrinter {

    private GraphPrinter() {}

    static String print(Graph graph) {
        StringBuilder out = new StringBuilder();
        print(graph, "", out);
        return out.toString();
    }

    private static void print(Graph graph, String indent, StringBuilder out) {
        Map<Node, Integer> places = graph.places();
        for (Node node : graph.nodes()) {
            Op op = graph.op(node);
            String operands = graph.operands(node).stream().map(o -> "%" + places.get(o)).collect(Collectors.joining(", ", "(", ")"));
            String types = node.types().stream().map(Type::toString).collect(Collectors.joining(", "));
            String origin = node.origin().toString();
            out.append("%s%%%d = %s%s : %s%s%n".formatted(indent, places.get(node), describe(op), operands, types,
                    origin.isEmpty() ? "" : "   # " + origin));
            bodies(op).forEach(body -> print(body, indent + "    ", out));
        }
        out.append(indent).append("return ")
                .append(graph.outputs().stream().map(o -> "%" + places.get(o)).collect(Collectors.joining(", "))).append('\n');
    }

    static List<Graph> bodies(Op op) {
        if (op instanceof Op.Scan scan) {
            return List.of(scan.body());
        } else if (op instanceof Op.If branch) {
            return List.of(branch.then(), branch.otherwise());
        } else if (op instanceof Op.Call call) {
            return List.of(call.body());
        }
        return List.of();
    }

    /** The operation with its parameters, but without the programs inside of it. */
    static String describe(Op op) {
        if (op instanceof Op.Scan scan) {
            return "Scan[carries=" + scan.carries() + ", sequences=" + scan.sequences() + ", length=" + scan.length() + ", reverse="
                    + scan.reverse() + "]";
        } else if (op instanceof Op.If) {
            return "If";
        } else if (op instanceof Op.Call call) {
            return "Call[" + call.rule().getClass().getSimpleName() + "]";
        }
        return op.toString();
    }
}
