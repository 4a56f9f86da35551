package dev.gamelan.tensor;

import static dev.gamelan.tensor.Functions.compile;
import static dev.gamelan.tensor.Functions.customGrad;
import static dev.gamelan.tensor.Functions.grad;
import static dev.gamelan.tensor.Functions.jvp;
import static dev.gamelan.tensor.Functions.remat;
import static dev.gamelan.tensor.Functions.valueAndGrad;
import static dev.gamelan.tensor.Functions.valueAndGradAux;
import static dev.gamelan.tensor.Functions.vjp;
import static dev.gamelan.tensor.Functions.vmap;
import static dev.gamelan.tensor.Near.assertInts;
import static dev.gamelan.tensor.Near.assertNear;
import static dev.gamelan.tensor.Near.assertShape;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gamelan.ir.Op;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.DTypeException;
import dev.gamelan.shape.ShapeException;
import dev.gamelan.shape.TraceException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

class FunctionsTest {

    record Line(Tensor slope, Tensor bias) implements Tree {
        Tensor at(Tensor x) {
            return x.mul(slope).add(bias);
        }
    }

    record Mixed(Tensor weight, Tensor count, RandomKey key) implements Tree {}

    @Test
    void linearRegression() {
        Tensor x = Tensor.linspace(-1, 1, 100);
        Tensor y = x.mul(3).add(2).add(RandomKey.of(0).normal(100).mul(0.1));
        Program<Line, Line> step = compile((Line line) -> {
            Line g = grad((Line l) -> l.at(x).sub(y).square().mean()).apply(line);
            return Trees.zip(line, g, (p, dp) -> p.sub(dp.mul(0.1)));
        });
        Line line = new Line(Tensor.scalar(0), Tensor.scalar(0));
        for (int i = 0; i < 200; i++) {
            line = step.apply(line);
        }
        assertEquals(3, line.slope().item(), 0.05);
        assertEquals(2, line.bias().item(), 0.05);
    }

    @Test
    void programsGiveValuesAndTraceOncePerShape() {
        AtomicInteger traces = new AtomicInteger();
        Program<Tensor, Tensor> f = compile((Tensor x) -> {
            traces.incrementAndGet();
            return x.mul(2);
        });
        Tensor y = f.apply(Tensor.of(1, 2).add(1));
        assertTrue(y.node().op() instanceof Op.Constant);
        assertNear(y, 4, 6);
        assertNear(f.apply(Tensor.of(5, 6)), 10, 12);
        assertEquals(1, traces.get());
        assertNear(f.apply(Tensor.of(5)), 10);
        f.warm(Tensor.of(1, 2, 3)).apply(Tensor.of(1, 2, 3)).eval();
        assertEquals(3, traces.get());
    }

    @Test
    void constantsInTheArgumentTraceAgain() {
        record Powers(Tensor x, int exponent) implements Tree {}
        Program<Powers, Tensor> f = compile((Powers p) -> p.x().pow(p.exponent()));
        assertNear(f.apply(new Powers(Tensor.of(3), 2)), 9);
        assertNear(f.apply(new Powers(Tensor.of(3), 3)), 27);
        assertNear(f.apply(new Powers(Tensor.of(4).add(1), 2)), 25);
        assertNear(f.apply(new Powers(Tensor.of(4), 2)), 16);
    }

    @Test
    void callsThatDifferFromTheOneBefore() {
        record Sums(List<Tensor> terms, TensorMap named) implements Tree {}
        AtomicInteger traces = new AtomicInteger();
        Program<Sums, Tensor> f = compile((Sums sums) -> {
            traces.incrementAndGet();
            Tensor sum = sums.named().values().stream().reduce(Tensor.scalar(0), Tensor::add);
            return sums.terms().stream().reduce(sum, Tensor::add);
        });
        Tensor one = Tensor.scalar(1);
        for (int i = 0; i < 2; i++) {
            assertNear(f.apply(new Sums(List.of(one, one), TensorMap.of("a", one))).reshape(1), 3);
            assertNear(f.apply(new Sums(List.of(one), TensorMap.of("a", one))).reshape(1), 2);
            assertNear(f.apply(new Sums(List.of(one, one), TensorMap.of("b", one))).reshape(1), 3);
            assertNear(f.apply(new Sums(List.of(one, Tensor.of(2)), TensorMap.of("b", one))), 4);
        }
        assertEquals(4, traces.get());
    }

    @Test
    void programsInsideOfTracesBecomePartOfThem() {
        Program<Tensor, Tensor> square = compile((Tensor x) -> x.square().sum());
        assertNear(grad(square).apply(Tensor.of(1, 2)), 2, 4);
        assertNear(compile((Tensor x) -> square.apply(x).add(1)).apply(Tensor.of(3)).reshape(1), 10);
    }

    @Test
    void twoArgumentsAndResultsThatPassThrough() {
        Program2<Tensor, Tensor, Pair<Tensor, Tensor>> f = compile((Tensor a, Tensor b) -> new Pair<>(b, a));
        Pair<Tensor, Tensor> swapped = f.apply(Tensor.of(1), Tensor.of(2, 3));
        assertNear(swapped.first(), 2, 3);
        assertNear(swapped.second(), 1);
        Tensor constant = Tensor.of(7).add(1);
        assertNear(compile((Tensor _) -> constant).apply(Tensor.of(0)), 8);
        assertTrue(f.explain(Tensor.of(1), Tensor.of(2)).contains("FLOAT32(1,)"));
    }

    @Test
    void explainNamesTheUsersLines() {
        String text = compile((Tensor x) -> x.exp().named("activation")).explain(Tensor.of(1));
        assertTrue(text.contains("EXP") && text.contains("in activation") && text.contains("return"), text);
    }

    @Test
    void capturedTensorsAreComputedOnce() {
        Tensor lazy = Tensor.of(1, 2).exp();
        Program<Tensor, Tensor> f = compile((Tensor x) -> x.mul(lazy));
        f.warm(Tensor.of(1, 1));
        assertTrue(lazy.node().op() instanceof Op.Constant);
    }

    // ---- derivatives ---------------------------------------------------------------------------------------------

    @Test
    void gradientsHaveTheTypeOfTheArgument() {
        Mixed at = new Mixed(Tensor.of(2, 3), Tensor.ofInts(4), RandomKey.of(5));
        Mixed g = grad((Mixed m) -> m.weight().square().mul(m.count().cast(DType.FLOAT32)).sum()).apply(at);
        assertNear(g.weight(), 16, 24);
        assertInts(g.count(), 0);
        assertInts(g.key().bits(), 0, 0);
    }

    @Test
    void values() {
        Graded<Tensor> g = valueAndGrad((Tensor x) -> x.square().sum()).apply(Tensor.of(1, 2));
        assertEquals(5, g.value().item());
        assertNear(g.gradient(), 2, 4);
        GradedAux<Tensor, Tensor> aux = valueAndGradAux((Tensor x) -> new Aux<>(x.square().sum(), x.mul(3)))
                .apply(Tensor.of(1, 2));
        assertEquals(5, aux.value().item());
        assertNear(aux.gradient(), 2, 4);
        assertNear(aux.aux(), 3, 6);
    }

    @Test
    void theSameTensorOutsideIsAConstant() {
        Tensor x = Tensor.of(3);
        assertNear(grad((Tensor v) -> v.mul(x).sum()).apply(x), 3);
        Tensor lazy = x.add(1);
        assertNear(grad((Tensor v) -> v.mul(lazy).sum()).apply(lazy), 4);
    }

    @Test
    void gradientsNest() {
        Function<Tensor, Tensor> cube = x -> x.pow(3);
        Tensor x = Tensor.scalar(2);
        assertEquals(12, grad(cube).apply(x).item(), 1e-5);
        assertEquals(12, grad(grad(cube)).apply(x).item(), 1e-5);
        assertEquals(6, grad(grad(grad(cube))).apply(x).item(), 1e-5);
        assertEquals(12, compile((Tensor v) -> grad(grad(cube)).apply(v)).apply(x).item(), 1e-5);
        Tensor mixed = grad((Tensor a) -> grad((Tensor b) -> a.mul(b).mul(b)).apply(a)).apply(x);
        assertEquals(8, mixed.item(), 1e-5);
    }

    @Test
    void hessianVectorProducts() {
        Function<Tensor, Tensor> f = x -> x.get(0).square().mul(x.get(1)).add(x.get(1).pow(3));
        Tensor at = Tensor.of(2, 3);
        Tensor v = Tensor.of(1, -1);
        double[] expected = {6 - 4, 4 - 18};
        assertNear(jvp(grad(f), at, v).tangent(), expected);
        assertNear(grad((Tensor x) -> grad(f).apply(x).mul(v).sum()).apply(at), expected);
        assertNear(vjp(grad(f), at).apply(v), expected);
    }

    @Test
    void forwardMode() {
        Dual<Line> d = jvp((Line l) -> new Line(l.slope().mul(l.bias()), l.bias().exp()),
                new Line(Tensor.scalar(2), Tensor.scalar(0)),
                new Line(Tensor.scalar(1), Tensor.scalar(10)));
        assertEquals(0, d.value().slope().item());
        assertEquals(20, d.tangent().slope().item());
        assertEquals(10, d.tangent().bias().item());
    }

    @Test
    void pullbacksServeOften() {
        Pullback<Tensor, Tensor> p = vjp((Tensor x) -> x.square(), Tensor.of(1, 2, 3));
        assertNear(p.value(), 1, 4, 9);
        assertNear(p.apply(Tensor.of(1, 0, 0)), 2, 0, 0);
        assertNear(p.apply(Tensor.of(0, 1, 1)), 0, 4, 6);
        assertThrows(ShapeException.class, () -> p.apply(Tensor.of(1)));
    }

    @Test
    void whatHasNoGradient() {
        ShapeException e = assertThrows(ShapeException.class, () -> grad((Tensor x) -> x).apply(Tensor.of(1, 2)));
        assertTrue(e.getMessage().contains("FLOAT32(2,)"), e.getMessage());
        assertThrows(DTypeException.class, () -> grad((Tensor x) -> x.argmax()).apply(Tensor.of(1, 2)));
        assertThrows(TraceException.class, () -> grad((Tensor x) -> x.mul(x.item()).sum()).apply(Tensor.of(1)));
        assertNear(grad((Tensor x) -> x.stopGradient().mul(x).sum()).apply(Tensor.of(3)), 3);
    }

    @Test
    void customGradients() {
        Function<Tensor, Tensor> straightThrough = customGrad((Tensor x) -> x.round(), (Tensor _, Tensor g) -> g);
        assertNear(straightThrough.apply(Tensor.of(1.4)), 1);
        assertNear(grad((Tensor x) -> straightThrough.apply(x).mul(3).sum()).apply(Tensor.of(1.4, 2.6)), 3, 3);
        Tensor scale = Tensor.of(5);
        Function<Line, Tensor> wild = customGrad((Line l) -> l.slope().mul(scale),
                (Line l, Tensor g) -> new Line(l.bias(), g.mul(7)));
        Line g = grad((Line l) -> wild.apply(l).sum()).apply(new Line(Tensor.of(1), Tensor.of(2)));
        assertNear(g.slope(), 2);
        assertNear(g.bias(), 7);
        Function<Tensor, Tensor> wrong = customGrad((Tensor x) -> x.sum(), (Tensor _, Tensor up) -> up);
        assertThrows(ShapeException.class, () -> grad(wrong).apply(Tensor.of(1, 2)));
    }

    @Test
    void rematerializationChangesNoNumber() {
        Tensor w = RandomKey.of(1).normal(3, 3);
        Function<Tensor, Tensor> layer = x -> x.matmul(w).tanh();
        Tensor x = RandomKey.of(2).normal(2, 3);
        assertArrayEquals(layer.apply(x).toFloatArray(), remat(layer).apply(x).toFloatArray());
        Function<Tensor, Tensor> plain = v -> layer.apply(layer.apply(v)).sum();
        Function<Tensor, Tensor> again = v -> remat(layer).apply(remat(layer).apply(v)).sum();
        assertArrayEquals(grad(plain).apply(x).toFloatArray(), grad(again).apply(x).toFloatArray(), 1e-6f);
        assertArrayEquals(grad(plain).apply(x).toFloatArray(),
                compile((Tensor v) -> grad(again).apply(v)).apply(x).toFloatArray(), 1e-6f);
    }

    // ---- batching ------------------------------------------------------------------------------------------------

    @Test
    void vmapIsALoopOverExamples() {
        Tensor w = RandomKey.of(1).normal(3, 4);
        Function<Tensor, Tensor> f = x -> x.matmul(w).softmax(-1).cumsum(0);
        Tensor batch = RandomKey.of(2).normal(5, 3);
        Tensor together = vmap(f).apply(batch);
        Tensor apart = Tensors.stack(0, batch.unstack(0).stream().map(f).toList());
        assertArrayEquals(apart.toFloatArray(), together.toFloatArray(), 1e-6f);
        assertShape(together, 5, 4);
    }

    @Test
    void vmapOfGradIsPerExample() {
        Tensor w = Tensor.of(1, 2);
        Tensor batch = Tensor.of(1, 2, 3, 4, 5, 6).reshape(3, 2);
        Tensor perExample = vmap((Tensor x) -> grad((Tensor v) -> v.dot(x).square()).apply(w)).apply(batch);
        List<Tensor> expected = new ArrayList<>();
        batch.unstack(0).forEach(x -> expected.add(x.mul(w.dot(x).mul(2))));
        assertNear(perExample, Tensors.stack(0, expected).toDoubleArray());
        Tensor total = grad((Tensor v) -> vmap((Tensor x) -> v.dot(x).square()).apply(batch).sum()).apply(w);
        assertNear(total, perExample.sum(0).toDoubleArray());
    }

    @Test
    void vmapNestsAndTakesTrees() {
        Tensor outer = vmap((Tensor a) -> vmap((Tensor b) -> b.mul(a.sum())).apply(a))
                .apply(Tensor.of(1, 2, 3, 4).reshape(2, 2));
        assertNear(outer, 3, 6, 21, 28);
        Line lines = new Line(Tensor.of(1, 2), Tensor.of(10, 20));
        assertNear(vmap((Line l) -> l.at(Tensor.scalar(3))).apply(lines), 13, 26);
        assertNear(vmap((Tensor _) -> Tensor.of(1, 2)).apply(Tensor.of(0, 0)), 1, 2, 1, 2);
        assertThrows(ShapeException.class, () -> vmap((Line l) -> l.bias())
                .apply(new Line(Tensor.of(1), Tensor.of(1, 2))));
        assertThrows(ShapeException.class, () -> vmap((Tensor x) -> x).apply(Tensor.scalar(1)));
    }

    @Test
    void vmapOverKeys() {
        RandomKey key = RandomKey.of(3);
        Tensor together = vmap((Tensor i) -> key.at(i).normal(2)).apply(Tensor.arange(3));
        for (int i = 0; i < 3; i++) {
            assertArrayEquals(key.at(i).normal(2).toFloatArray(), together.get(i).toFloatArray());
        }
    }
}
