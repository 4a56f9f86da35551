package dev.gamelan.pass;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.gamelan.codegen.reference.Reference;
import dev.gamelan.ir.Data;
import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Ops;
import dev.gamelan.ir.Permutations;
import dev.gamelan.ir.Type;
import dev.gamelan.ir.Verifier;
import dev.gamelan.ir.Window;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class JoinedPermutationsTest {

    private static Node image(int... dims) {
        return Ops.input(new Type(DType.FLOAT64, Shape.of(dims)), "x");
    }

    /** How many permutations are left; the numbers stay the same. */
    private static long left(Node x, Node output) {
        Graph before = Graph.of(List.of(x), List.of(output));
        Graph after = Passes.optimize(before, (_, graph) -> Verifier.verify(graph));
        List<Data> values = List
                .of(new Data(x.type(), IntStream.range(0, x.shape().length()).mapToDouble(i -> i * 37 % 41 - 20.5).toArray()));
        assertArrayEquals((double[]) new Reference().compile(before).run(values).getFirst().array(),
                (double[]) new Reference().compile(after).run(values).getFirst().array(), 1e-12);
        return after.nodes().stream().filter(node -> after.op(node) instanceof Op.Permute).count();
    }

    @Test
    void tokensThatBecomeAnImageAreReshapedOnly() {
        Node tokens = image(2, 12, 5);
        Node channelsFirst = Ops.reshape(Ops.permute(tokens, 0, 2, 1), Shape.of(2, 5, 3, 4));
        assertEquals(0, left(tokens, Ops.permute(channelsFirst, 0, 2, 3, 1)));
        assertEquals(1, left(tokens, Ops.permute(channelsFirst, 2, 3, 0, 1)));
        assertEquals(2, left(tokens, Ops.permute(channelsFirst, 0, 3, 2, 1)));
    }

    @Test
    void anImageThatBecomesTokensIsReshapedOnly() {
        Node image = image(2, 3, 4, 5);
        Node tokens = Ops.reshape(Ops.permute(image, 0, 3, 1, 2), Shape.of(2, 5, 12));
        assertEquals(0, left(image, Ops.permute(tokens, 0, 2, 1)));
        Node joined = Ops.reshape(Ops.permute(image, 0, 3, 1, 2), Shape.of(2, 15, 4));
        assertEquals(1, left(image, Ops.permute(joined, 0, 2, 1)));
    }

    @Test
    void axesOfOneElementDoNotMatter() {
        Node image = image(1, 3, 4, 5);
        assertEquals(0, left(image, Ops.permute(Ops.reshape(Ops.permute(image, 0, 3, 1, 2), Shape.of(5, 12, 1, 1)), 1, 2, 3, 0)));
    }

    @Test
    void groupsMoveAsWholes() {
        assertEquals(Optional.of(List.of(1, 2, 0)), Permutations.before(List.of(1, 0), Shape.of(2, 3, 4), Shape.of(2, 12)));
        assertEquals(Optional.of(List.of(1, 0)), Permutations.before(List.of(1, 0), Shape.of(6, 4), Shape.of(6, 4)));
        assertEquals(Optional.of(List.of(1, 0)), Permutations.before(List.of(2, 0, 1), Shape.of(6, 4), Shape.of(2, 3, 4)));
        assertEquals(Optional.empty(), Permutations.before(List.of(1, 0, 2), Shape.of(6, 4), Shape.of(2, 3, 4)));
    }

    /** As in a transformer whose tokens pass a depthwise convolution: what follows reads the tokens twice. */
    @Test
    void whatReadsAValueTwiceReadsItWhereItLies() {
        Node tokens = image(1, 48, 64);
        Node biased = Ops.add(tokens, Ops.broadcast(Ops.fill(new Type(DType.FLOAT64, Shape.of(64)), 0.5), tokens.shape()));
        Node planes = Ops.reshape(Ops.permute(biased, 0, 2, 1), Shape.of(1, 64, 6, 8));
        Node kernel = Ops.mul(Ops.reshape(Ops.slice(tokens, 1, 0, 9), Shape.of(3, 3, 1, 64)), 0.1);
        Window window = new Window(List.of(1, 1), List.of(1, 1), List.of(1, 1), List.of(1, 1));
        Node filtered = Node.of(new Op.Conv(window, 64), Ops.permute(planes, 0, 2, 3, 1), kernel);
        Node shifted = Ops.permute(Ops.mul(filtered, filtered), 0, 3, 1, 2);
        Node flat = Ops.reshape(shifted, Shape.of(1, 64, 48));
        Node gated = Ops.mul(flat, Ops.unary(Op.UnaryKind.TANH, Ops.mul(flat, 0.7)));
        assertEquals(0, left(tokens, Ops.permute(gated, 0, 2, 1)));
    }
}
