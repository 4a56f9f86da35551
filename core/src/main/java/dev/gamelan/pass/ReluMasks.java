package dev.gamelan.pass;

import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Ops;
import java.util.IdentityHashMap;
import java.util.Map;

/**
 * Where relu(x) is computed anyway, {@code x > 0} becomes {@code relu(x) > 0}: the same truth, and x itself need not be kept for
 * the backward pass.
 */
final class ReluMasks implements Pass {

    @Override
    public String name() {
        return "relu-masks";
    }

    @Override
    public Graph apply(Graph graph) {
        Map<Node, Node> relus = new IdentityHashMap<>();
        for (Node node : graph.nodes()) {
            if (graph.op(node).equals(new Op.Unary(Op.UnaryKind.RELU))) {
                relus.put(graph.operands(node).getFirst(), node);
            }
        }
        Map<Node, Node> replaced = new IdentityHashMap<>();
        return graph.rewrite((node, operands) -> {
            Node result = graph.keep(node, operands);
            if (isPositive(result)) {
                Node x = result.operand(0);
                Node relu = relus.get(graph.operands(node).getFirst());
                if (relu != null) {
                    result = Ops.compare(Op.CompareKind.GT, replaced.computeIfAbsent(relu, _ -> Ops.unary(Op.UnaryKind.RELU, x)), 0);
                }
            }
            return result;
        });
    }

    private static boolean isPositive(Node node) {
        return node.op().equals(new Op.Compare(Op.CompareKind.GT)) && node.operand(1).op() instanceof Op.Fill fill
                && fill.value().doubleValue() == 0;
    }
}
