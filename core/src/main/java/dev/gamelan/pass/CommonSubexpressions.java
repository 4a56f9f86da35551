package dev.gamelan.pass;

import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Computes what is written twice once. Inputs and barriers stay what they are. */
final class CommonSubexpressions implements Pass {

    private record Key(Op op, List<Node> operands) {}

    @Override
    public String name() {
        return "cse";
    }

    @Override
    public Graph apply(Graph graph) {
        Map<Key, Node> seen = new HashMap<>();
        return graph.rewrite((node, operands) -> {
            Op op = graph.op(node);
            if (op instanceof Op.Input || op instanceof Op.Barrier) {
                return graph.keep(node, operands);
            }
            return seen.computeIfAbsent(new Key(op, operands), _ -> graph.keep(node, operands));
        });
    }
}
