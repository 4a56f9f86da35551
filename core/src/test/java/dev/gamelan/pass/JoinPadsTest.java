package dev.gamelan.pass;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.gamelan.codegen.reference.Reference;
import dev.gamelan.grad.Gradients;
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
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class JoinPadsTest {

    private final Node x = Ops.input(new Type(DType.FLOAT64, Shape.of(2, 8)), "x");

    /** How many pads and joins are left of the gradient of a sum of squares of slices; the numbers stay the same. */
    private List<Long> left(Function<Node, List<Node>> slices) {
        Node loss = slices.apply(x).stream().map(part -> Ops.sum(Ops.mul(part, part), 0, 1)).reduce(Ops::add).orElseThrow();
        Graph before = Graph.of(List.of(x), Gradients.of(List.of(loss), List.of(Ops.fillLike(loss, 1)), List.of(x)));
        Graph after = Verifier.verify(new JoinPads().apply(before));
        List<Data> values = List.of(new Data(x.type(), IntStream.range(0, 16).mapToDouble(i -> i - 7.5).toArray()));
        assertArrayEquals((double[]) new Reference().compile(before).run(values).getFirst().array(),
                (double[]) new Reference().compile(after).run(values).getFirst().array());
        return List.of(count(after, Op.Pad.class), count(after, Op.Concat.class));
    }

    private static long count(Graph graph, Class<? extends Op> kind) {
        return graph.nodes().stream().filter(node -> kind.isInstance(graph.op(node))).count();
    }

    @Test
    void gatesAreJoined() {
        assertEquals(List.of(0L, 1L),
                left(x -> List.of(Ops.slice(x, 1, 0, 2), Ops.slice(x, 1, 2, 4), Ops.slice(x, 1, 4, 6), Ops.slice(x, 1, 6, 8))));
    }

    @Test
    void gapsAreZeros() {
        assertEquals(List.of(0L, 1L), left(x -> List.of(Ops.slice(x, 1, 5, 7), Ops.slice(x, 1, 1, 4))));
    }

    @Test
    void whatOverlapsIsAdded() {
        assertEquals(List.of(2L, 0L), left(x -> List.of(Ops.slice(x, 1, 0, 5), Ops.slice(x, 1, 4, 8))));
    }

    @Test
    void otherAxesAndStepsAreAdded() {
        assertEquals(List.of(2L, 0L), left(x -> List.of(Ops.slice(x, 0, 0, 1), Ops.slice(x, 1, 4, 8))));
        assertEquals(List.of(2L, 0L), left(x -> List.of(Ops.slice(x, 1, 0, 8, 2), Ops.slice(x, 1, 1, 8, 2))));
    }
}
