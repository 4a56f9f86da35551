package dev.gamelan.pass;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Ops;
import dev.gamelan.ir.Type;
import dev.gamelan.ir.Verifier;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import java.util.List;
import org.junit.jupiter.api.Test;

final class PassesTest {

    private final Node x = Ops.input(new Type(DType.FLOAT32, Shape.of(6, 4)), "x");

    private Node optimized(Node output) {
        Graph graph = Passes.optimize(Graph.of(List.of(x), List.of(output)), (pass, result) -> Verifier.verify(result));
        return graph.outputs().getFirst();
    }

    private static long count(Node output, Op op) {
        return Graph.of(List.of(), List.of(output)).nodes().stream().filter(node -> node.op().equals(op)).count();
    }

    @Test
    void neutralNumbersVanish() {
        assertSame(x, optimized(Ops.mul(x, 1)));
        assertSame(x, optimized(Ops.binary(Op.BinaryKind.ADD, x, 0)));
        assertSame(x, optimized(Ops.binary(Op.BinaryKind.DIV, x, 1)));
        assertSame(x, optimized(Ops.neg(Ops.neg(x))));
    }

    @Test
    void aProductWithZeroStaysSinceItMayBeNotANumber() {
        assertEquals(new Op.Binary(Op.BinaryKind.MUL), optimized(Ops.mul(x, 0)).op());
    }

    @Test
    void sumsAreNotReassociated() {
        Node sum = Ops.binary(Op.BinaryKind.ADD, Ops.binary(Op.BinaryKind.ADD, x, 0.1), 0.2);
        assertEquals(2, count(optimized(sum), new Op.Binary(Op.BinaryKind.ADD)));
    }

    @Test
    void numbersAreFoldedWithTheRoundingOfTheirType() {
        Node folded = optimized(Ops.mul(Ops.fill(x.type(), 0.1f), Ops.fill(x.type(), 3)));
        assertEquals(new Op.Fill(x.type(), (double) (0.1f * 3f)), folded.op());
    }

    @Test
    void permutationsMovePastConcatenations() {
        Node zeros = Ops.fill(new Type(DType.FLOAT32, Shape.of(2, 6)), 0);
        Node moved = optimized(Ops.permute(Ops.concat(0, List.of(Ops.permute(x, 1, 0), zeros)), 1, 0));
        assertEquals(new Op.Concat(1), moved.op());
        assertSame(x, moved.operand(0));
    }

    @Test
    void aLargePermutationOfWhatIsComputedIsACopy() {
        Node large = Ops.input(new Type(DType.FLOAT32, Shape.of(1, 256, 256, 3)), "large");
        Node small = Ops.input(new Type(DType.FLOAT32, Shape.of(1, 16, 16, 3)), "small");
        assertEquals(Op.Permute.class, output(large, Ops.permute(Ops.mul(large, 2), 0, 3, 1, 2)).op().getClass());
        assertEquals(Op.Binary.class, output(small, Ops.permute(Ops.mul(small, 2), 0, 3, 1, 2)).op().getClass());
        Node there = Ops.mul(Ops.permute(large, 0, 3, 1, 2), 2);
        assertSame(large, output(large, Ops.permute(there, 0, 2, 3, 1)).operand(0));
        Node lines = Ops.permute(Ops.mul(large, 2), 0, 2, 1, 3);
        assertEquals(Op.Binary.class, output(large, lines).op().getClass());
    }

    private static Node output(Node input, Node output) {
        return Passes.optimize(Graph.of(List.of(input), List.of(output)), (_, result) -> Verifier.verify(result)).outputs().getFirst();
    }

    @Test
    void layoutsOfLayoutsJoin() {
        assertSame(x, optimized(Ops.permute(Ops.permute(x, 1, 0), 1, 0)));
        assertSame(x, optimized(Ops.reshape(Ops.reshape(x, Shape.of(24)), Shape.of(6, 4))));
    }

    @Test
    void aReshapeOfARepetitionRepeatsOnlyWhatItJoins() {
        Shape grouped = Shape.of(3, 50, 6, 4);
        Node wide = Ops.input(new Type(DType.FLOAT32, grouped), "wide");
        Node mean = Ops.input(new Type(DType.FLOAT32, Shape.of(3, 1, 6, 1)), "mean");
        Node normal = Ops.reshape(Ops.mul(wide, Ops.broadcast(mean, grouped)), Shape.of(3, 50, 24));
        Graph graph = Passes.optimize(Graph.of(List.of(wide, mean), List.of(normal)), (_, result) -> Verifier.verify(result));
        assertTrue(graph.nodes().stream().anyMatch(node -> node.shape().equals(Shape.of(3, 1, 6, 4))), graph.toString());
        assertEquals(Shape.of(3, 50, 24), graph.outputs().getFirst().shape());
    }

    @Test
    void scatteredAxesWithAShortLastOneAreReducedInTurn() {
        Node wide = Ops.input(new Type(DType.FLOAT32, Shape.of(8, 1024, 16, 4)), "wide");
        Graph graph = Passes.optimize(Graph.of(List.of(wide), List.of(Ops.sum(wide, 1, 3))));
        assertEquals(List.of(new Op.Reduce(Op.ReduceKind.SUM, List.of(1)), new Op.Reduce(Op.ReduceKind.SUM, List.of(2))),
                graph.nodes().stream().map(Node::op).filter(op -> op instanceof Op.Reduce).toList());
    }

    @Test
    void whatIsWrittenTwiceIsComputedOnce() {
        Node twice = Ops.add(Ops.unary(Op.UnaryKind.EXP, x), Ops.unary(Op.UnaryKind.EXP, x));
        assertEquals(1, count(optimized(twice), new Op.Unary(Op.UnaryKind.EXP)));
    }

    @Test
    void aBarrierKeepsARecomputationApart() {
        Node again = Ops.unary(Op.UnaryKind.EXP, Node.of(new Op.Barrier(), x));
        assertEquals(2, count(optimized(Ops.add(Ops.unary(Op.UnaryKind.EXP, x), again)), new Op.Unary(Op.UnaryKind.EXP)));
    }

    @Test
    void theMaskOfAReluIsReadFromItsResult() {
        Node relu = Ops.unary(Op.UnaryKind.RELU, x);
        Node masked = optimized(Ops.select(Ops.compare(Op.CompareKind.GT, x, 0), relu, Ops.neg(relu)));
        Node mask = masked.operand(0);
        assertEquals(new Op.Unary(Op.UnaryKind.RELU), mask.operand(0).op());
    }

    @Test
    void longSumsAreSplitByTheirExtentsAlone() {
        Node wide = Ops.input(new Type(DType.FLOAT32, Shape.of(1 << 12, 32)), "wide");
        Graph graph = Passes.optimize(Graph.of(List.of(wide), List.of(Ops.sum(wide, 0))));
        assertEquals(2, graph.nodes().stream().filter(node -> node.op() instanceof Op.Reduce).count());
    }

    @Test
    void reshapesMoveToTheOperandsOfWhatOnlyTheyUse() {
        Node output = optimized(Ops.sum(Ops.reshape(Ops.unary(Op.UnaryKind.EXP, x), Shape.of(2, 12)), 0));
        assertTrue(output.operand(0).op() instanceof Op.Unary, () -> output.operand(0).toString());
        Node exp = Ops.unary(Op.UnaryKind.EXP, x);
        Node shared = optimized(Ops.add(Ops.sum(Ops.reshape(exp, Shape.of(24)), 0), Ops.sum(exp, 0, 1)));
        assertFalse(count(shared, new Op.Unary(Op.UnaryKind.EXP)) > 1);
    }

    @Test
    void whatFollowsFromAReductionLosesItsUnitAxes() {
        Node mean = Ops.mul(Ops.reshape(Ops.sum(x, 1), Shape.of(6, 1)), 0.25);
        Node root = Ops.unary(Op.UnaryKind.SQRT, Ops.binary(Op.BinaryKind.ADD, mean, 1));
        Node output = optimized(Ops.binary(Op.BinaryKind.SUB, x, Ops.broadcast(root, Shape.of(6, 4))));
        List<Node> nodes = Graph.of(List.of(), List.of(output)).nodes();
        assertTrue(nodes.stream().filter(node -> node.op() instanceof Op.Binary || node.op() instanceof Op.Unary)
                .allMatch(node -> node.shape().equals(Shape.of(6)) || node == output), nodes.toString());
    }

    @Test
    void longChainsOfUnitAxesAreQuicklyDone() {
        Node node = Ops.reshape(Ops.sum(x, 1), Shape.of(6, 1));
        for (int i = 0; i < 200; i++) {
            node = Ops.mul(node, node);
        }
        assertEquals(Shape.of(6, 1), optimized(node).shape());
    }
}
