package dev.gamelan.tensor;

import static dev.gamelan.tensor.Functions.compile;
import static dev.gamelan.tensor.Functions.cond;
import static dev.gamelan.tensor.Functions.grad;
import static dev.gamelan.tensor.Functions.scan;
import static dev.gamelan.tensor.Functions.vmap;
import static dev.gamelan.tensor.Near.assertNear;
import static dev.gamelan.tensor.Near.assertShape;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gamelan.shape.DType;
import dev.gamelan.shape.ShapeException;
import dev.gamelan.shape.TraceException;
import dev.gamelan.tensor.Stepper.Next;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

class LoopsTest {

    record Rnn(Tensor w, Tensor u) implements Tree {
        Next<Tensor, Tensor> step(Tensor h, Tensor x) {
            Tensor next = h.matmul(w).add(x.matmul(u)).tanh();
            return new Next<>(next, next.sum());
        }

        Tensor unrolled(Tensor xs) {
            Tensor h = Tensor.zeros(w.dim(0));
            Tensor total = Tensor.scalar(0);
            for (Tensor x : xs.unstack(0)) {
                Next<Tensor, Tensor> next = step(h, x);
                h = next.state();
                total = total.add(next.output());
            }
            return total;
        }

        Tensor looped(Tensor xs) {
            return scan(Tensor.zeros(w.dim(0)), xs, this::step).output().sum();
        }
    }

    private final Rnn rnn = new Rnn(RandomKey.of(1).normal(3, 3), RandomKey.of(2).normal(2, 3));
    private final Tensor xs = RandomKey.of(3).normal(5, 2);

    @Test
    void runningSums() {
        Next<Tensor, Tensor> r = scan(Tensor.scalar(0), Tensor.of(1, 2, 3),
                (Tensor s, Tensor x) -> new Next<>(s.add(x), s.add(x)));
        assertEquals(6, r.state().item());
        assertNear(r.output(), 1, 3, 6);
        Next<Tensor, Tensor> back = Functions.scanReverse(Tensor.scalar(0), Tensor.of(1, 2, 3),
                (Tensor s, Tensor x) -> new Next<>(s.add(x), s.add(x)));
        assertNear(back.output(), 6, 5, 3);
        Next<Tensor, Tensor> none = scan(Tensor.scalar(4), Tensor.zeros(0),
                (Tensor s, Tensor x) -> new Next<>(s.add(x), x));
        assertEquals(4, none.state().item());
        assertShape(none.output(), 0);
    }

    @Test
    void loopsAreWhatTheyUnrollTo() {
        assertEquals(rnn.unrolled(xs).item(), rnn.looped(xs).item(), 1e-5);
        Rnn a = grad((Rnn r) -> r.unrolled(xs)).apply(rnn);
        Rnn b = grad((Rnn r) -> r.looped(xs)).apply(rnn);
        assertArrayEquals(a.w().toFloatArray(), b.w().toFloatArray(), 1e-5f);
        assertArrayEquals(a.u().toFloatArray(), b.u().toFloatArray(), 1e-5f);
        Rnn c = compile((Rnn r) -> grad((Rnn q) -> q.looped(xs)).apply(r)).apply(rnn);
        assertArrayEquals(a.w().toFloatArray(), c.w().toFloatArray(), 1e-5f);
    }

    @Test
    void gradientsOfGradientsOfLoops() {
        Function<Tensor, Tensor> plain = w -> new Rnn(w, rnn.u()).unrolled(xs);
        Function<Tensor, Tensor> loop = w -> new Rnn(w, rnn.u()).looped(xs);
        Tensor a = grad((Tensor w) -> grad(plain).apply(w).square().sum()).apply(rnn.w());
        Tensor b = grad((Tensor w) -> grad(loop).apply(w).square().sum()).apply(rnn.w());
        assertArrayEquals(a.toFloatArray(), b.toFloatArray(), 1e-3f);
    }

    @Test
    void loopsInBatches() {
        Tensor batch = RandomKey.of(4).normal(4, 5, 2);
        Tensor together = vmap((Tensor x) -> rnn.looped(x)).apply(batch);
        for (int i = 0; i < 4; i++) {
            assertEquals(rnn.looped(batch.get(i)).item(), together.get(i).item(), 1e-5);
        }
    }

    @Test
    void aGradientInsideOfALoop() {
        Tensor end = Functions.repeat(Tensor.of(4, -3), 60,
                (Tensor x, Tensor _) -> x.sub(grad((Tensor v) -> v.square().sum()).apply(x).mul(0.25)));
        assertNear(end, 0, 0);
        Tensor counted = Functions.repeat(Tensor.scalar(DType.INT32, 0), 5, (Tensor s, Tensor i) -> s.add(i));
        assertEquals(10, counted.itemInt());
    }

    @Test
    void keysCanBeCarried() {
        record State(RandomKey key, Tensor sum) implements Tree {}
        State end = Functions.repeat(new State(RandomKey.of(1), Tensor.zeros(2)), 3,
                (State s, Tensor i) -> new State(s.key().at(i), s.sum().add(s.key().normal(2))));
        RandomKey key = RandomKey.of(1);
        Tensor expected = Tensor.zeros(2);
        for (int i = 0; i < 3; i++) {
            expected = expected.add(key.normal(2));
            key = key.at(i);
        }
        assertArrayEquals(expected.toFloatArray(), end.sum().toFloatArray(), 1e-6f);
    }

    @Test
    void wrongLoops() {
        ShapeException e = assertThrows(ShapeException.class,
                () -> scan(Tensor.scalar(0), Tensor.of(1), (Tensor s, Tensor x) -> new Next<>(s.reshape(1), x)));
        assertTrue(e.getMessage().contains("FLOAT32(1,)"), e.getMessage());
        assertThrows(ShapeException.class, () -> scan(Tensor.scalar(0), Tensor.scalar(1),
                (Tensor s, Tensor x) -> new Next<>(s, x)));
        assertThrows(TraceException.class, () -> scan(Tensor.scalar(0), Tensor.of(1),
                (Tensor s, Tensor x) -> new Next<>(s.mul(x.item()), x)));
    }

    @Test
    void branches() {
        Tensor x = Tensor.of(1, 2);
        Function<Tensor, Tensor> f = v -> cond(v.sum().greater(0), () -> v.mul(2), () -> v.neg());
        assertNear(f.apply(x), 2, 4);
        assertNear(f.apply(x.neg()), 1, 2);
        assertNear(compile((Tensor v) -> f.apply(v)).apply(x.neg()), 1, 2);
        assertNear(grad((Tensor v) -> f.apply(v).sum()).apply(x), 2, 2);
        assertNear(grad((Tensor v) -> f.apply(v).sum()).apply(x.neg()), -1, -1);
        assertNear(vmap((Tensor v) -> f.apply(v)).apply(Tensors.stack(0, x, x.neg())), 2, 4, 1, 2);
        assertThrows(ShapeException.class, () -> cond(Tensor.scalar(DType.BOOL, 1), () -> x, () -> x.sum()));
        assertThrows(ShapeException.class, () -> cond(x.greater(0), () -> x, () -> x));
    }

    @Test
    void branchesInLoops() {
        Tensor end = Functions.repeat(Tensor.scalar(0), 6,
                (Tensor s, Tensor i) -> cond(i.mod(2).eq(0), () -> s.add(1), () -> s.mul(3)));
        assertEquals(39, end.item());
    }
}
