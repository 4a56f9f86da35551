package dev.gamelan.pass;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.gamelan.codegen.reference.Reference;
import dev.gamelan.ir.Data;
import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Ops;
import dev.gamelan.ir.Type;
import dev.gamelan.ir.Verifier;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class StraightReductionsTest {

    /** Channels last. */
    private final Node x = Ops.input(new Type(DType.FLOAT64, Shape.of(2, 3, 5, 4)), "x");
    private final Node first = Ops.permute(x, 0, 3, 1, 2);

    private static Node toLast(Node node) {
        return Ops.permute(node, 0, 2, 3, 1);
    }

    /** Less its mean over the spatial axes, by its deviation, times a number for each channel, channels first. */
    private static Node normal(Node node) {
        Node mean = Ops.mul(Ops.reshape(Ops.sum(node, 2, 3), Shape.of(2, 4, 1, 1)), 1 / 15.0);
        Node centered = Ops.binary(Op.BinaryKind.SUB, node, Ops.broadcast(mean, node.shape()));
        Node variance = Ops.reshape(Ops.sum(Ops.mul(centered, centered), 2, 3), Shape.of(2, 4, 1, 1));
        Node scale = Ops.broadcast(Ops.fill(new Type(DType.FLOAT64, Shape.of(4, 1, 1)), 0.5), node.shape());
        return Ops.mul(Ops.binary(Op.BinaryKind.DIV, centered, Ops.broadcast(Ops.unary(Op.UnaryKind.SQRT, variance), node.shape())), scale);
    }

    /** How many permutations are left; the numbers stay the same but for their last digits. */
    private long left(Node output) {
        Graph before = Graph.of(List.of(x), List.of(output));
        Graph after = Verifier.verify(new Simplify().apply(Verifier.verify(new StraightReductions().apply(before))));
        List<Data> values = List.of(new Data(x.type(), IntStream.range(0, 120).mapToDouble(i -> i * 37 % 41 - 20.5).toArray()));
        assertArrayEquals((double[]) new Reference().compile(before).run(values).getFirst().array(),
                (double[]) new Reference().compile(after).run(values).getFirst().array(), 1e-12);
        return after.nodes().stream().filter(node -> after.op(node) instanceof Op.Permute).count();
    }

    @Test
    void theMeanOfAnImageIsTakenWhereItLies() {
        assertEquals(0, left(Ops.sum(first, 2, 3)));
        assertEquals(0, left(Ops.sum(Ops.unary(Op.UnaryKind.RELU, first), 3, 2)));
    }

    @Test
    void aNormalizationBetweenOppositePermutationsKeepsNone() {
        assertEquals(0, left(toLast(Ops.unary(Op.UnaryKind.RELU, normal(first)))));
        assertEquals(0, left(toLast(Ops.add(first, normal(Ops.unary(Op.UnaryKind.TANH, first))))));
    }

    @Test
    void whatAxesAreLeftStayInTheirOrder() {
        assertEquals(1, left(Ops.sum(first, 2)));
        assertEquals(1, left(Ops.sum(Ops.permute(x, 3, 2, 1, 0), 1)));
    }

    @Test
    void whatIsReadInItsOrderStays() {
        assertEquals(1, left(normal(first)));
        assertEquals(2, left(Ops.concat(0, List.of(toLast(normal(first)), Ops.reshape(first, x.shape())))));
    }
}
