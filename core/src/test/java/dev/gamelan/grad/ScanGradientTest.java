package dev.gamelan.grad;

import static dev.gamelan.grad.ProgramCases.graph;
import static dev.gamelan.grad.ProgramCases.type;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Ops;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the loop of a gradient holds; that it is right is tested by differences. */
class ScanGradientTest {

    private final List<Node> inputs = List.of(Ops.input(type(2, 3), "h"), Ops.input(type(5, 2, 3), "x"), Ops.input(type(3, 3), "w"),
            Ops.input(type(3), "b"));

    /** h' = tanh(h w + x + b), y = h'. */
    private final Op.Scan layer = new Op.Scan(graph(x -> {
        Node h = Ops.unary(Op.UnaryKind.TANH, Ops.add(Ops.add(Ops.matmul(x.get(0), x.get(2)), x.get(1)), x.get(3)));
        return List.of(h, h);
    }, type(2, 3), type(2, 3), type(3, 3), type(3)), 1, 1, 5, false);

    private Op.Scan backward() {
        Node states = Ops.get(Node.of(layer, inputs.toArray(Node[]::new)), 1);
        Graph graph = Graph.of(inputs, Gradients.of(List.of(states), List.of(Ops.fillLike(states, 1)), inputs));
        List<Op.Scan> backward = graph.nodes().stream().map(graph::op).filter(Op.Scan.class::isInstance).map(Op.Scan.class::cast)
                .filter(Op.Scan::reverse).toList();
        assertEquals(1, backward.size());
        return backward.getFirst();
    }

    @Test
    void gradientsOfWeightsAreNotCarried() {
        assertEquals(1, backward().carries());
    }

    @Test
    void theLoopHoldsTheProductsOfTheCarriedGradientAlone() {
        Graph body = backward().body();
        assertEquals(1, body.nodes().stream().filter(node -> body.op(node) instanceof Op.MatMul).count());
    }

    @Test
    void statesThatAreOutputsAreNotStackedTwice() {
        Node states = Ops.get(Node.of(layer, inputs.toArray(Node[]::new)), 1);
        Graph graph = Graph.of(inputs, Gradients.of(List.of(states), List.of(Ops.fillLike(states, 1)), List.of(inputs.get(1))));
        long loops = graph.nodes().stream().filter(node -> graph.op(node) instanceof Op.Scan).count();
        assertEquals(2, loops);
    }
}
