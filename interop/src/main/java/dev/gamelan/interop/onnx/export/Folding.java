package dev.gamelan.interop.onnx.export;

import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.Tensors;
import dev.gamelan.tensor.Tree;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;

/** Computes what depends on no input: masks, transposed weights, numbers drawn from a fixed key. */
final class Folding {

    private Folding() {}

    /** @param later what must not be computed */
    static Graph apply(Graph graph, Set<Node> later) {
        Set<Node> dependent = Collections.newSetFromMap(new IdentityHashMap<>());
        List<Node> results = new ArrayList<>();
        for (Node node : graph.nodes()) {
            boolean depends = graph.op(node) instanceof Op.Input || later.contains(node)
                    || graph.operands(node).stream().anyMatch(dependent::contains);
            if (depends) {
                dependent.add(node);
                graph.operands(node).stream().filter(operand -> !dependent.contains(operand)).forEach(results::add);
            }
        }
        graph.outputs().stream().filter(output -> !dependent.contains(output)).forEach(results::add);
        // Numbers, indices and stretched values are cheaper as they are.
        List<Node> computed = results.stream().map(Folding::unstretched).filter(node -> !isCheap(node.op())).distinct().toList();
        Tensors.eval(computed.stream().map(Tensor::of).toArray(Tree[]::new));
        return Graph.of(graph.inputs(), graph.outputs());
    }

    private static Node unstretched(Node node) {
        Node result = node;
        while (result.op() instanceof Op.Broadcast) {
            result = result.operand(0);
        }
        return result;
    }

    private static boolean isCheap(Op op) {
        return op instanceof Op.Fill || op instanceof Op.Iota || op instanceof Op.Constant || op instanceof Op.Program;
    }
}
