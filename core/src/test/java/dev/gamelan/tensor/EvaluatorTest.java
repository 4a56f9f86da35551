package dev.gamelan.tensor;

import static dev.gamelan.tensor.Near.assertNear;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import dev.gamelan.shape.TraceException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class EvaluatorTest {

    private static boolean isKnown(Tensor x) {
        return x.node().op() instanceof Op.Constant;
    }

    private static int pending(Tensor x) {
        return Walk.below(List.of(x.node()), Evaluator::isKnown).order().size();
    }

    @Test
    void nothingIsComputedBeforeItIsAskedFor() {
        Tensor x = Tensor.of(1, 2).add(1);
        assertEquals(Shape.of(2), x.shape());
        assertFalse(isKnown(x));
        x.eval();
        assertTrue(isKnown(x));
        assertEquals(0, x.node().operands().size());
    }

    @Test
    void theSameExpressionOfOtherValuesIsTheSameProgram() {
        LazyProgram a = LazyProgram.of(List.of(Tensor.of(1, 2).mul(3).add(1).node()));
        LazyProgram b = LazyProgram.of(List.of(Tensor.of(4, 5).mul(0.25).add(1).node()));
        LazyProgram c = LazyProgram.of(List.of(Tensor.of(4, 5, 6).mul(0.25).add(1).node()));
        LazyProgram d = LazyProgram.of(List.of(Tensor.of(4, 5).mul(0.25).add(0).node()));
        assertEquals(a.key(), b.key());
        assertNotEquals(a.key(), c.key());
        assertNotEquals(a.key(), d.key());
        assertEquals(a.graph(), b.graph());
    }

    @Test
    void customGradientsAndLoopsAreFoundAgain() {
        var custom = Functions.customGrad((Tensor x) -> x.mul(2), (Tensor _, Tensor g) -> g);
        assertEquals(LazyProgram.of(List.of(custom.apply(Tensor.of(1)).node())).key(),
                LazyProgram.of(List.of(custom.apply(Tensor.of(2)).node())).key());
        assertEquals(loop(1).key(), loop(2).key());
    }

    private static LazyProgram loop(double start) {
        Tensor weight = Tensor.of(start + 1);
        Tensor end = Functions.repeat(Tensor.of(start), 3, (Tensor s, Tensor _) -> s.mul(weight));
        return LazyProgram.of(List.of(end.node()));
    }

    @Test
    void whatIsNeededTwiceIsKept() {
        Tensor shared = Tensor.of(1, 2).exp().add(1);
        Tensor first = shared.sum();
        first.eval();
        assertFalse(isKnown(shared));
        Tensor second = shared.mul(2).sum();
        second.eval();
        assertTrue(isKnown(shared));
    }

    @Test
    void aLoopThatReadsOnlyTheLossDoesNotGrow() {
        Tensor w = Tensor.of(1, 2, 3);
        int largest = 0;
        for (int i = 0; i < 50; i++) {
            Tensor loss = w.square().sum();
            Tensor gradient = w.mul(2);
            w = w.sub(gradient.mul(0.1));
            assertTrue(loss.item() >= 0);
            largest = Math.max(largest, pending(w));
        }
        assertTrue(largest < 20, "pending " + largest);
        assertNear(w.div(Math.pow(0.8, 50)), 1, 2, 3);
    }

    @Test
    void aLoopThatReadsNothingIsComputedNowAndThen() {
        Tensor x = Tensor.of(0);
        for (int i = 0; i < 25_000; i++) {
            x = x.add(1);
        }
        assertTrue(pending(x) < 25_000, "pending " + pending(x));
        assertEquals(25_000, x.item());
    }

    @Test
    void severalAtOnce() {
        Tensor x = Tensor.of(1, 2).add(1);
        Tensor y = x.mul(2);
        Tensors.eval(new Pair<>(x, y));
        assertTrue(isKnown(x) && isKnown(y));
        assertEquals(6, Tensors.host(x, y).get(1).getDouble(1));
    }

    @Test
    void fillsOfEveryType() {
        for (DType dtype : DType.values()) {
            Tensor one = Tensor.ones(dtype, Shape.of(3)).eval();
            assertNear(one, 1, 1, 1);
        }
    }

    @Test
    void valuesInsideOfATraceAreAnError() {
        List<Tensor> leaked = new ArrayList<>();
        var f = Functions.compile((Tensor x) -> {
            leaked.add(x);
            return x.mul(x.sum().item());
        });
        TraceException e = assertThrows(TraceException.class, () -> f.apply(Tensor.of(1)));
        assertTrue(e.getMessage().contains("FLOAT32(1,)"), e.getMessage());
        assertThrows(TraceException.class, () -> leaked.getFirst().toFloatArray());
        assertThrows(TraceException.class, () -> leaked.getFirst().add(1).eval());
        assertFalse(Functions.tracing());
    }

    @Test
    void deepExpressionsDoNotOverflowTheStack() {
        Node node = Tensor.of(1).node();
        for (int i = 0; i < 50_000; i++) {
            node = Node.of(new Op.Unary(Op.UnaryKind.NEG), node);
        }
        assertEquals(50_000, Walk.below(List.of(node), Evaluator::isKnown).order().size());
    }

    @Test
    void manyThreadsMayAskForTheSameValues() throws Exception {
        Program<Tensor, Tensor> program = Functions.compile((Tensor x) -> x.mul(2).sum());
        try (var threads = Executors.newFixedThreadPool(4)) {
            for (int round = 0; round < 20; round++) {
                Tensor shared = Tensor.linspace(0, 1, 11).exp().log().sum();
                List<Future<Double>> results = new ArrayList<>();
                for (int i = 0; i < 4; i++) {
                    results.add(threads.submit(() -> shared.mul(2).item()
                            + program.apply(shared.add(1).reshape(1)).item()));
                }
                for (Future<Double> result : results) {
                    assertEquals(11 + 13, result.get(), 1e-4);
                }
            }
        }
    }
}
