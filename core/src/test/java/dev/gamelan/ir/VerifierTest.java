package dev.gamelan.ir;

import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import java.util.List;
import org.junit.jupiter.api.Test;

class VerifierTest {

    private static final Type TYPE = new Type(DType.FLOAT32, Shape.of(2));

    private final Node x = Ops.input(TYPE, "x");

    private static void assertBroken(String rule, Graph graph) {
        String message = assertThrows(IllegalStateException.class, () -> Verifier.verify(graph)).getMessage();
        assertTrue(message.contains(rule), message);
        assertTrue(message.contains("return %"), message);
    }

    private Node call() {
        Node p = Ops.input(TYPE, "p");
        return Node.of(new Op.Call(Graph.of(List.of(p), List.of(Ops.neg(p))), new Op.CallRule.Rematerialize()), x);
    }

    @Test
    void passesOnWhatIsWhole() {
        Graph graph = Graph.of(List.of(x), List.of(Ops.get(call(), 0)));
        assertSame(graph, Verifier.verify(graph));
    }

    @Test
    void findsInputsThatAreNotListed() {
        assertBroken("an input that the graph does not list", Graph.of(List.of(), List.of(Ops.neg(x))));
    }

    @Test
    void findsResultsThatAreNotReadThroughGet() {
        assertBroken("several results are read through Get", Graph.of(List.of(x), List.of(Ops.neg(call()))));
        assertBroken("several results are read through Get", Graph.of(List.of(x), List.of(Node.of(new Op.Get(0), x))));
    }

    @Test
    void looksIntoBodies() {
        Node p = Ops.input(TYPE, "p");
        Graph body = Graph.of(List.of(p), List.of(Ops.add(p, Ops.input(TYPE, "q"))));
        Node call = Node.of(new Op.Call(body, new Op.CallRule.Rematerialize()), x);
        assertBroken("an input that the graph does not list", Graph.of(List.of(x), List.of(Ops.get(call, 0))));
    }
}
