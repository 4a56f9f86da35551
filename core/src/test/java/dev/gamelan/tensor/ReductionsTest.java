package dev.gamelan.tensor;

import static dev.gamelan.tensor.Near.assertBooleans;
import static dev.gamelan.tensor.Near.assertInts;
import static dev.gamelan.tensor.Near.assertNear;
import static dev.gamelan.tensor.Near.assertShape;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gamelan.shape.DType;
import dev.gamelan.shape.DTypeException;
import dev.gamelan.shape.ShapeException;
import org.junit.jupiter.api.Test;

class ReductionsTest {

    private final Tensor x = Tensor.of(1, 2, 3, 4, 5, 9).reshape(2, 3);

    @Test
    void axes() {
        assertEquals(24, x.sum().item());
        assertNear(x.sum(0), 5, 7, 12);
        assertNear(x.sum(-1), 6, 18);
        assertEquals(24, x.sum(0, 1).item());
        assertShape(x.sum(Axes.keep(-1)), 2, 1);
        assertShape(x.sum(Axes.all().keepDims()), 1, 1);
        assertNear(x.sum(Axes.of()), 1, 2, 3, 4, 5, 9);
        assertThrows(ShapeException.class, () -> x.sum(0, 0));
        assertThrows(ShapeException.class, () -> x.sum(2));
        assertEquals(3, Tensor.scalar(3).sum().item());
    }

    @Test
    void moments() {
        assertNear(x.mean(1), 2, 6);
        assertNear(x.variance(1), 2 / 3.0, 14 / 3.0);
        assertNear(x.variance(Axes.of(1), 1), 1, 7);
        assertNear(x.std(1), Math.sqrt(2 / 3.0), Math.sqrt(14 / 3.0));
        assertNear(x.norm(1), Math.sqrt(14), Math.sqrt(122));
        assertNear(x.prod(1), 6, 180);
        assertTrue(Double.isNaN(Tensor.zeros(0).mean().item()));
    }

    @Test
    void extremes() {
        assertNear(x.max(0), 4, 5, 9);
        assertNear(x.min(1), 1, 4);
        assertInts(x.argmax(-1), 2, 2);
        assertEquals(5, x.argmax().itemInt());
        assertInts(x.argmin(0), 0, 0, 0);
        assertEquals(0, x.argmin().itemInt());
        assertEquals(Double.NEGATIVE_INFINITY, Tensor.zeros(0).max().item());
        assertThrows(ShapeException.class, () -> Tensor.zeros(0).argmax());
    }

    @Test
    void truth() {
        Tensor b = Tensor.ofBooleans(true, false, true, true).reshape(2, 2);
        assertBooleans(b.any(1), true, true);
        assertBooleans(b.all(1), false, true);
        assertInts(b.sum(0), 2, 1);
        assertEquals(0.75, b.mean().item());
        assertThrows(DTypeException.class, () -> x.any());
        assertThrows(DTypeException.class, () -> b.max());
        DTypeException e = assertThrows(DTypeException.class, () -> Tensor.ofInts(1, 2).mean());
        assertTrue(e.getMessage().contains("cast(DType.FLOAT32)"), e.getMessage());
    }

    @Test
    void softmaxes() {
        Tensor logits = Tensor.of(1000, 1001, 1002, -5, 0, 5).reshape(2, 3);
        double[] exp = {Math.exp(-2), Math.exp(-1), 1};
        double total = exp[0] + exp[1] + exp[2];
        Tensor p = logits.softmax(-1);
        assertNear(p.get(0), exp[0] / total, exp[1] / total, 1 / total);
        assertNear(p.sum(1), 1, 1);
        assertNear(logits.logSoftmax(1).exp(), p.toDoubleArray());
        assertNear(logits.get(0).logSumExp(), new double[] {1002 + Math.log(total)}, 1e-3);
        assertEquals(Double.NEGATIVE_INFINITY, Tensor.of(Double.NEGATIVE_INFINITY, Double.NEGATIVE_INFINITY).logSumExp()
                .item());
        assertShape(logits.logSumExp(Axes.keep(0)), 1, 3);
    }

    @Test
    void gradientsWhereRootsVanish() {
        assertNear(Functions.grad((Tensor v) -> v.norm()).apply(Tensor.of(0, 0)), 0, 0);
        assertNear(Functions.grad((Tensor v) -> v.norm()).apply(Tensor.of(3, 4)), 0.6, 0.8);
        assertNear(Functions.grad((Tensor v) -> v.std()).apply(Tensor.of(2, 2)), 0, 0);
    }

    @Test
    void runningValues() {
        Tensor v = Tensor.ofInts(3, 1, 4, 1, 5, 9, 2);
        assertInts(v.cumsum(0), 3, 4, 8, 9, 14, 23, 25);
        assertInts(v.cumprod(0), 3, 3, 12, 12, 60, 540, 1080);
        assertInts(v.cummax(0), 3, 3, 4, 4, 5, 9, 9);
        assertInts(v.cummin(0), 3, 1, 1, 1, 1, 1, 1);
        assertNear(x.cumsum(0), 1, 2, 3, 5, 7, 12);
        assertShape(Tensor.zeros(0, 2).cumprod(0), 0, 2);
    }

    @Test
    void sorting() {
        Tensor m = Tensor.of(3, 1, 2, -1, 0, -2).reshape(2, 3);
        assertNear(m.sort(-1), 1, 2, 3, -2, -1, 0);
        assertNear(m.sort(0), -1, 0, -2, 3, 1, 2);
        assertInts(m.argsort(1), 1, 2, 0, 2, 0, 1);
        TopK top = m.topK(2, -1);
        assertNear(top.values(), 3, 2, 0, -1);
        assertInts(top.indices(), 0, 2, 1, 0);
        assertThrows(ShapeException.class, () -> m.topK(4, -1));
        assertShape(m.topK(0, 0).values(), 0, 3);
    }

    @Test
    void quantiles() {
        Tensor m = Tensor.of(3, 1, 2, 10, 40, 20, 5, 5, Double.NaN).reshape(3, 3);
        double[] medians = m.median(1).toDoubleArray();
        assertEquals(2, medians[0]);
        assertEquals(20, medians[1]);
        assertTrue(Double.isNaN(medians[2]));
        assertNear(m.quantile(0.25, 1).slice(0, 0, 2), 1.5, 15);
        assertNear(m.quantile(1, 1).slice(0, 0, 2), 3, 40);
        assertThrows(ShapeException.class, () -> m.quantile(1.5, 1));
        assertThrows(ShapeException.class, () -> Tensor.zeros(0).median(0));
        assertNear(x.diff(1), 1, 1, 1, 4);
        assertShape(Tensor.zeros(0).diff(0), 0);
    }

    @Test
    void integersKeepTheirType() {
        assertEquals(DType.INT64, Tensor.ofLongs(1, 2).sum().dtype());
        assertEquals(DType.INT32, Tensor.ofBooleans(true).sum().dtype());
    }
}
