package dev.gamelan.pass;

import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import java.util.List;

/** Applies the passes to the programs inside loops and branches. */
final class OptimizeBodies implements Pass {

    @Override
    public String name() {
        return "bodies";
    }

    @Override
    public Graph apply(Graph graph) {
        return graph.rewrite((node, operands) -> {
            if (graph.op(node) instanceof Op.Scan scan) {
                Op.Scan optimized = new Op.Scan(Passes.optimize(scan.body()), scan.carries(), scan.sequences(), scan.length(),
                        scan.reverse());
                return Node.of(optimized, operands, node.origin());
            } else if (graph.op(node) instanceof Op.If branch) {
                Op.If optimized = new Op.If(Passes.optimize(branch.then()), Passes.optimize(branch.otherwise()));
                return Node.of(optimized, List.copyOf(operands), node.origin());
            }
            return graph.keep(node, operands);
        });
    }
}
