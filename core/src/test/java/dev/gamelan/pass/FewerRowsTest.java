package dev.gamelan.pass;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Ops;
import dev.gamelan.ir.Type;
import dev.gamelan.ir.Verifier;
import dev.gamelan.pass.FewerRows.Source;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

final class FewerRowsTest {

    private static Node input(int... dims) {
        return Ops.input(new Type(DType.FLOAT32, Shape.of(dims)), "input");
    }

    /** One state (6, 6), a sequence of (6, 6), and a captured (6, 6): nothing but its use tells rows from the rest. */
    private static Optional<FewerRows.Block> block(Function<List<Node>, Node> next) {
        List<Node> in = List.of(input(6, 6), input(6, 6), input(6, 6));
        Graph body = Graph.of(in, List.of(next.apply(in)));
        Optional<FewerRows.Block> block = FewerRows.of(new Op.Scan(body, 1, 1, 4, false), 2);
        block.ifPresent(each -> Verifier.verify(each.body()));
        return block;
    }

    @Test
    void weightsStayWholeAndStepsHaveRows() {
        FewerRows.Block block = block(in -> Ops.add(Ops.matmul(in.get(0), in.get(2)), in.get(1))).orElseThrow();
        assertEquals(List.of(new Source(0, true), new Source(1, true), new Source(2, false)), block.sources());
        assertEquals(Shape.of(2, 6), block.body().outputs().getFirst().shape());
        assertEquals(List.of(Shape.of(2, 6), Shape.of(2, 6), Shape.of(6, 6)), block.body().inputs().stream().map(Node::shape).toList());
    }

    @Test
    void whatIsNeededInBothWaysIsTwoInputs() {
        FewerRows.Block block = block(in -> Ops.add(Ops.matmul(in.get(0), in.get(2)), in.get(2))).orElseThrow();
        assertEquals(List.of(new Source(0, true), new Source(2, false), new Source(2, true)), block.sources());
    }

    @Test
    void rowsMayLieOnAnotherAxisInBetween() {
        FewerRows.Block block = block(in -> {
            Node columns = Ops.transpose(Ops.add(in.get(0), in.get(1)));
            Node sums = Ops.sum(Ops.reshape(columns, Shape.of(2, 3, 6)), 1);
            return Ops.broadcast(Ops.reshape(Ops.sum(sums, 0), Shape.of(6, 1)), Shape.of(6, 6));
        }).orElseThrow();
        assertEquals(Shape.of(2, 6), block.body().outputs().getFirst().shape());
    }

    @Test
    void whatDoesNotChangeIsComputedWhole() {
        assertTrue(block(in -> Ops.add(in.get(0), Ops.broadcast(Ops.sum(in.get(2), 0), Shape.of(6, 6)))).isPresent());
    }

    @Test
    void rowsThatNeedEachOtherStayTogether() {
        List<Function<List<Node>, Node>> bodies = List.of(
                in -> Ops.broadcast(Ops.sum(in.get(0), 0), Shape.of(6, 6)),
                in -> Ops.transpose(in.get(0)),
                in -> Ops.matmul(in.get(2), in.get(0)),
                in -> Ops.matmul(in.get(1), in.get(0)),
                in -> Ops.matmul(in.get(0), in.get(0)),
                in -> Ops.flip(in.get(0), 0),
                in -> Ops.reshape(Ops.reshape(in.get(0), Shape.of(36)), Shape.of(6, 6)),
                in -> Ops.add(in.get(0), Ops.iota(in.get(0).type(), 0)),
                in -> Ops.concat(0, List.of(Ops.slice(in.get(0), 0, 3, 6), Ops.slice(in.get(0), 0, 0, 3))),
                in -> Node.of(new Op.CumSum(0, false), in.get(0)));
        for (int i = 0; i < bodies.size(); i++) {
            assertEquals(Optional.empty(), block(bodies.get(i)), "body " + i);
        }
    }

    @Test
    void statesOfOtherExtentsHaveNoCommonRows() {
        List<Node> in = List.of(input(6, 2), input(3));
        assertEquals(Optional.empty(), FewerRows.count(new Op.Scan(Graph.of(in, in), 2, 0, 4, false)));
    }
}
