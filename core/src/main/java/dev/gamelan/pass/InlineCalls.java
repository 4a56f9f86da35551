package dev.gamelan.pass;

import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Puts the bodies of calls in their place: their rules of differentiation have been used by now. */
final class InlineCalls implements Pass {

    @Override
    public String name() {
        return "inline";
    }

    @Override
    public Graph apply(Graph graph) {
        Map<Node, List<Node>> results = new HashMap<>();
        return graph.rewrite((node, operands) -> {
            if (graph.op(node) instanceof Op.Call call) {
                Node kept = graph.keep(node, operands);
                results.put(kept, apply(call.body()).inline(operands));
                return kept;
            }
            if (graph.op(node) instanceof Op.Get get && results.containsKey(operands.getFirst())) {
                return results.get(operands.getFirst()).get(get.index());
            }
            return graph.keep(node, operands);
        });
    }
}
