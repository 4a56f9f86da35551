package dev.gamelan.pass;

import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.shape.Shape;
import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;

/**
 * Computes what follows from a reduction in the reduction's own shape, without the axes of extent 1 that keep its rank: so the mean
 * of a row, its deviation and what is made of both are values of one row to a kernel, which then does a layer normalization alone.
 */
final class SinkUnitAxes implements Pass {

    @Override
    public String name() {
        return "sink-unit-axes";
    }

    @Override
    public Graph apply(Graph graph) {
        Set<Node> reduced = Collections.newSetFromMap(new IdentityHashMap<>());
        return graph.rewrite((node, operands) -> {
            Node kept = graph.keep(node, operands);
            if (kept.op() instanceof Op.Reduce) {
                reduced.add(kept);
            }
            return PushLayouts.isElementwise(kept.op()) ? sink(kept, reduced) : kept;
        });
    }

    /**
     * An element-wise operation on reshaped values becomes a reshaped operation, if that takes nothing but axes of extent 1 away.
     *
     * @param reduced the reductions, and what was made of them here
     */
    private static Node sink(Node node, Set<Node> reduced) {
        Node first = null;
        for (Node operand : node.operands()) {
            first = first == null && hasUnitAxes(operand, reduced) ? operand : first;
        }
        if (first == null) {
            return node;
        }
        Shape bare = first.operand(0).shape();
        Node result = Node.of(node.op(), node.operands().stream().map(operand -> bare(operand, bare)).toList(), node.origin());
        reduced.add(result);
        return Node.of(new Op.Reshape(node.shape()), List.of(result), node.origin());
    }

    private static Node bare(Node operand, Shape bare) {
        boolean reshaped = operand.op() instanceof Op.Reshape && operand.operand(0).shape().equals(bare);
        return reshaped ? operand.operand(0) : PushLayouts.move(new Op.Reshape(bare), operand);
    }

    private static boolean hasUnitAxes(Node node, Set<Node> reduced) {
        return node.op() instanceof Op.Reshape && reduced.contains(node.operand(0)) && node.shape().rank() > node.operand(0).shape().rank()
                && Arrays.equals(withoutUnits(node.shape()), withoutUnits(node.operand(0).shape()));
    }

    private static int[] withoutUnits(Shape shape) {
        return Arrays.stream(shape.dims()).filter(extent -> extent != 1).toArray();
    }
}
