package dev.gamelan.pass;

import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Origin;
import dev.gamelan.shape.Shape;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Moves reshapes and permutations from the result of element-wise operations to their operands, where they cost
 * nothing: a kernel reads through them. Only where the result has no other use, so nothing is computed twice.
 */
final class PushLayouts implements Pass {

    @Override
    public String name() {
        return "push-layouts";
    }

    /** Each round moves every layout one operation further; long chains of single use are rare. */
    private static final int ROUNDS = 24;

    @Override
    public Graph apply(Graph graph) {
        Graph result = graph;
        for (int i = 0; i < ROUNDS; i++) {
            Graph next = round(result);
            if (next.nodes().equals(result.nodes())) {
                return next;
            }
            result = next;
        }
        return result;
    }

    private static Graph round(Graph graph) {
        Map<Node, List<Node>> users = graph.users();
        graph.outputs().forEach(output -> Objects.requireNonNull(users.get(output)).add(output));
        return graph.rewrite((node, operands) -> {
            Node kept = graph.keep(node, operands);
            boolean movable = graph.op(node) instanceof Op.Reshape || graph.op(node) instanceof Op.Permute;
            return movable && Objects.requireNonNull(users.get(graph.operands(node).getFirst())).size() == 1 ? push(graph.op(node), kept)
                    : kept;
        });
    }

    /** The layout operation applied to a node that only it uses. */
    private static Node push(Op layout, Node node) {
        Node x = node.operand(0);
        if (!isElementwise(x.op())) {
            return node;
        }
        List<Node> moved = x.operands().stream().map(operand -> move(layout, operand)).toList();
        return Node.of(x.op(), moved, x.origin());
    }

    static Node move(Op layout, Node operand) {
        if (operand.op() instanceof Op.Fill fill) {
            return Node.of(new Op.Fill(operand.type().with(shape(layout, operand)), fill.value()));
        }
        return layout instanceof Op.Reshape reshape && operand.op() instanceof Op.Broadcast ? RepeatedReshape.of(reshape.shape(), operand)
                : Node.of(layout, List.of(operand), Origin.UNKNOWN);
    }

    private static Shape shape(Op layout, Node operand) {
        return Node.of(layout, List.of(operand), Origin.UNKNOWN).shape();
    }

    static boolean isElementwise(Op op) {
        return op instanceof Op.Unary || op instanceof Op.Binary || op instanceof Op.Compare || op instanceof Op.Select
                || op instanceof Op.Cast;
    }
}
