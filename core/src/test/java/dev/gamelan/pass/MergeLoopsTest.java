package dev.gamelan.pass;

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
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class MergeLoopsTest {

    private static final Type VECTOR = new Type(DType.FLOAT64, Shape.of(2));
    private static final Type SEQUENCE = new Type(DType.FLOAT64, Shape.of(3, 2));

    /** h' = sin(h w + x) from h, x, w; also h' h' and h'. */
    private static Op.Scan recurrence(boolean reverse) {
        List<Node> in = List.of(Ops.input(VECTOR, "h"), Ops.input(VECTOR, "x"), Ops.input(VECTOR, "w"));
        Node h = Ops.unary(Op.UnaryKind.SIN, Ops.add(Ops.mul(in.get(0), in.get(2)), in.get(1)));
        return new Op.Scan(Graph.of(in, List.of(h, Ops.mul(h, h), h)), 1, 1, 3, reverse);
    }

    private static final List<Node> INPUTS = List.of(Ops.input(VECTOR, "h"), Ops.input(SEQUENCE, "x"), Ops.input(VECTOR, "w"));

    private static Node loop(boolean reverse) {
        return Node.of(recurrence(reverse), INPUTS.toArray(Node[]::new));
    }

    @Test
    void aLossAndItsGradientRunTheLoopOnceEachWay() {
        Node loss = Ops.sum(Ops.get(loop(false), 1), 0, 1);
        List<Node> outputs = List.of(loss, Gradients.of(List.of(loss), List.of(Ops.fillLike(loss, 1)), INPUTS).get(2));
        List<Op.Scan> loops = merged(outputs);
        assertEquals(2, loops.size());
        assertEquals(List.of(false, true), loops.stream().map(Op.Scan::reverse).toList());
    }

    @Test
    void equalLoopsWithOtherOutputsAreOne() {
        List<Op.Scan> loops = merged(
                List.of(Ops.get(loop(false), 0), Ops.get(loop(false), 2), Ops.get(loop(false), 1), Ops.get(loop(false), 2)));
        assertEquals(List.of(3), loops.stream().map(scan -> scan.body().outputs().size()).toList());
    }

    @Test
    void outputsThatNobodyReadsAreNotStacked() {
        assertEquals(1, merged(List.of(Ops.get(loop(false), 0))).getFirst().body().outputs().size());
    }

    @Test
    void loopsInOtherDirectionsStayApart() {
        assertEquals(2, merged(List.of(Ops.get(loop(false), 1), Ops.get(loop(true), 1))).size());
    }

    /** The loops of the merged graph, which computes the same. */
    private static List<Op.Scan> merged(List<Node> outputs) {
        Graph before = Graph.of(INPUTS, outputs);
        Graph after = Verifier.verify(new MergeLoops().apply(new CommonSubexpressions().apply(before)));
        List<Data> values = INPUTS.stream().map(x -> new Data(x.type(),
                IntStream.range(0, x.shape().length()).mapToDouble(i -> 0.3 * i + 0.2).toArray())).toList();
        List<Data> expected = new Reference().compile(before).run(values);
        List<Data> received = new Reference().compile(after).run(values);
        for (int i = 0; i < outputs.size(); i++) {
            for (int j = 0; j < expected.get(i).length(); j++) {
                assertEquals(expected.get(i).getDouble(j), received.get(i).getDouble(j), 1e-12);
            }
        }
        return after.nodes().stream().map(after::op).filter(Op.Scan.class::isInstance).map(Op.Scan.class::cast).toList();
    }
}
