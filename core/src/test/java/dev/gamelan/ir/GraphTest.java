package dev.gamelan.ir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import java.util.List;
import org.junit.jupiter.api.Test;

class GraphTest {

    private static final Type TYPE = new Type(DType.FLOAT32, Shape.of(2, 3));

    private final Node a = Ops.input(TYPE, "a");
    private final Node b = Ops.input(TYPE, "b");

    private static Graph sum(Op.BinaryKind kind, String name) {
        Node a = Ops.input(TYPE, name);
        Node b = Ops.input(TYPE, "b");
        return Graph.of(List.of(a, b), List.of(Ops.binary(kind, a, b)));
    }

    @Test
    void operandsComeFirst() {
        Node sum = Ops.add(a, b);
        Node product = Ops.mul(sum, sum);
        Graph graph = Graph.of(List.of(a, b), List.of(product, sum));
        assertEquals(List.of(a, b, sum, product), graph.nodes());
        assertEquals(List.of(product, product), graph.users().get(sum));
        assertEquals(List.of(), graph.users().get(product));
        assertEquals(3, graph.places().get(product));
        assertTrue(graph.contains(sum));
    }

    @Test
    void unusedInputsStay() {
        Graph graph = Graph.of(List.of(a, b), List.of(Ops.neg(a)));
        assertEquals(List.of(a, b), graph.inputs());
        assertTrue(graph.nodes().contains(b));
    }

    @Test
    void equalProgramsAreEqual() {
        assertEquals(sum(Op.BinaryKind.ADD, "a"), sum(Op.BinaryKind.ADD, "a"));
        assertEquals(sum(Op.BinaryKind.ADD, "a").hashCode(), sum(Op.BinaryKind.ADD, "a").hashCode());
        assertNotEquals(sum(Op.BinaryKind.ADD, "a"), sum(Op.BinaryKind.SUB, "a"));
    }

    @Test
    void orderSharingAndTypesMatter() {
        Node sum = Ops.add(a, b);
        Graph graph = Graph.of(List.of(a, b), List.of(sum));
        assertNotEquals(graph, Graph.of(List.of(b, a), List.of(sum)));
        assertNotEquals(graph, Graph.of(List.of(a, b), List.of(sum, sum)));
        assertNotEquals(Graph.of(List.of(a), List.of(Ops.add(Ops.neg(a), Ops.neg(a)))), shared());
        Node c = Ops.input(TYPE.with(DType.FLOAT64), "a");
        assertNotEquals(Graph.of(List.of(a), List.of(Ops.neg(a))), Graph.of(List.of(c), List.of(Ops.neg(c))));
    }

    private Graph shared() {
        Node negative = Ops.neg(a);
        return Graph.of(List.of(a), List.of(Ops.add(negative, negative)));
    }

    @Test
    void constantsAreEqualByIdentity() {
        Data data = new Data(TYPE, new float[6]);
        assertEquals(Graph.of(List.of(), List.of(Node.of(data))), Graph.of(List.of(), List.of(Node.of(data))));
        assertNotEquals(Graph.of(List.of(), List.of(Node.of(data))),
                Graph.of(List.of(), List.of(Node.of(new Data(TYPE, new float[6])))));
    }

    @Test
    void aSnapshotDoesNotSettle() {
        Node sum = Ops.add(a, b);
        Graph graph = Graph.of(List.of(a, b), List.of(sum));
        sum.settle(new Data(TYPE, new float[6]));
        assertTrue(graph.op(sum) instanceof Op.Binary);
        assertEquals(List.of(a, b), graph.operands(sum));
        assertTrue(sum.op() instanceof Op.Constant);
        assertEquals(List.of(sum), Graph.of(List.of(), List.of(sum)).nodes());
        assertThrows(IllegalArgumentException.class, () -> a.settle(new Data(TYPE.with(Shape.of(6)), new float[6])));
    }

    @Test
    void rewritesWhatTheRuleChanges() {
        Node sum = Ops.add(a, b);
        Node negative = Ops.neg(sum);
        Node untouched = Ops.neg(a);
        Graph graph = Graph.of(List.of(a, b), List.of(negative, untouched));
        Graph rewritten = graph.rewrite((node, operands) -> graph.op(node) instanceof Op.Binary
                ? Ops.mul(operands.get(0), operands.get(1)) : graph.keep(node, operands));
        assertSame(untouched, rewritten.outputs().get(1));
        assertEquals(new Op.Binary(Op.BinaryKind.MUL), rewritten.outputs().getFirst().operand(0).op());
        assertEquals(graph, graph.rewrite(graph::keep));
        assertSame(negative, graph.rewrite(graph::keep).outputs().getFirst());
    }

    @Test
    void inlinesForItsInputs() {
        Graph graph = Graph.of(List.of(a, b), List.of(Ops.add(a, b), a));
        Node x = Ops.input(TYPE, "x");
        List<Node> results = graph.inline(List.of(x, x));
        assertEquals(List.of(x, x), results.getFirst().operands());
        assertSame(x, results.get(1));
    }

    @Test
    void deepProgramsNeedNoStack() {
        Node x = a;
        for (int i = 0; i < 200_000; i++) {
            x = Ops.neg(x);
        }
        Graph graph = Graph.of(List.of(a), List.of(x));
        assertEquals(200_001, graph.nodes().size());
        assertEquals(graph, graph.rewrite(graph::keep));
    }

    @Test
    void whatNoRuleChangesIsTheSameGraph() {
        Graph graph = Graph.of(List.of(a, b), List.of(Ops.mul(Ops.add(a, b), a), b));
        assertSame(graph, graph.rewrite(graph::keep));
    }

    @Test
    void copiesAreNewNodesOfTheSameTypes() {
        Node sum = Ops.sum(Ops.add(a, b), 1);
        Graph graph = Graph.of(List.of(a, b), List.of(sum));
        Graph copy = graph.rewrite(graph::copy);
        assertEquals(graph, copy);
        assertFalse(copy.contains(sum));
        assertEquals(graph.nodes().stream().map(Node::types).toList(), copy.nodes().stream().map(Node::types).toList());
    }

    @Test
    void copiesOnOtherOperandsHaveTheTypesOfThese() {
        Node sum = Ops.sum(a, 1);
        Graph graph = Graph.of(List.of(a), List.of(sum));
        Node wide = Ops.input(new Type(DType.FLOAT64, Shape.of(4, 5)), "a");
        assertEquals(new Type(DType.FLOAT64, Shape.of(4)), graph.inline(List.of(wide)).getFirst().type());
    }

    @Test
    void printsOneLineAndItsBodiesPerNode() {
        Node p = Ops.input(TYPE, "p");
        Graph body = Graph.of(List.of(p), List.of(Ops.neg(p)));
        Node call = Node.of(new Op.Call(body, new Op.CallRule.Rematerialize()), a);
        String text = Graph.of(List.of(a), List.of(Ops.get(call, 0))).toString();
        assertTrue(text.contains("%1 = Call[Rematerialize](%0) : FLOAT32(2, 3)"), text);
        assertTrue(text.contains("    %1 = Unary[kind=NEG](%0) : FLOAT32(2, 3)"), text);
        assertTrue(text.endsWith("return %2\n"), text);
    }

    @Test
    void nodesKnowTheirLayerAndLine() {
        Node inside = Origin.inLayer("block_0", () -> Ops.neg(a));
        assertEquals("in block_0", inside.origin().toString());
        assertEquals(Origin.UNKNOWN, Ops.neg(a).origin());
    }
}
