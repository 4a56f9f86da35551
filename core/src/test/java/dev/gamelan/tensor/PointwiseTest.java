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
import dev.gamelan.shape.Shape;
import dev.gamelan.shape.ShapeException;
import java.util.function.DoubleUnaryOperator;
import java.util.function.UnaryOperator;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;

class PointwiseTest {

    private static final double[] POINTS = {-30, -5, -1.5, -0.5, -1e-3, 0, 1e-3, 0.5, 1, 2.5, 6, 30};

    private static void check(UnaryOperator<Tensor> function, DoubleUnaryOperator expected) {
        Tensor x = Tensor.ofDoubles(POINTS);
        double[] wanted = DoubleStream.of(POINTS).map(expected).toArray();
        double[] got = function.apply(x).toDoubleArray();
        for (int i = 0; i < wanted.length; i++) {
            assertEquals(wanted[i], got[i], 1e-12 + 1e-12 * Math.abs(wanted[i]), "at " + POINTS[i]);
        }
    }

    @Test
    void composites() {
        check(Tensor::softplus, x -> x > 0 ? x + Math.log1p(Math.exp(-x)) : Math.log1p(Math.exp(x)));
        check(Tensor::logSigmoid, x -> x > 0 ? -Math.log1p(Math.exp(-x)) : x - Math.log1p(Math.exp(x)));
        check(Tensor::silu, x -> x / (1 + Math.exp(-x)));
        check(x -> x.leakyRelu(0.2), x -> x > 0 ? x : 0.2 * x);
        check(x -> x.elu(1.5), x -> x > 0 ? x : 1.5 * Math.expm1(x));
        check(Tensor::selu, x -> 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * Math.expm1(x)));
        check(Tensor::mish, x -> x * Math.tanh(x > 0 ? x + Math.log1p(Math.exp(-x)) : Math.log1p(Math.exp(x))));
        check(Tensor::hardSigmoid, x -> Math.clamp(x / 6 + 0.5, 0, 1));
        check(Tensor::hardSwish, x -> x * Math.clamp(x / 6 + 0.5, 0, 1));
        check(Tensor::softsign, x -> x / (1 + Math.abs(x)));
        check(Tensor::geluTanh, x -> 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x))));
        check(x -> x.clamp(-1, 2), x -> Math.clamp(x, -1, 2));
        check(x -> x.rsub(1), x -> 1 - x);
        check(x -> x.rdiv(2), x -> 2 / x);
        check(x -> x.lerp(x.zerosLike(), 0.25), x -> 0.75 * x);
    }

    @Test
    void logitUndoesSigmoid() {
        assertNear(Tensor.of(-5, -0.5, 0, 3).sigmoid().logit(), -5, -0.5, 0, 3);
        assertNear(Tensor.of(0, 1).logit(), Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY);
    }

    @Test
    void geluIsTheExactOne() {
        assertNear(Tensor.of(-1, 0, 1, 2).gelu(), -0.15865525, 0, 0.84134475, 1.95449974);
    }

    @Test
    void gradientOfSoftplusAtZeroIsOneHalf() {
        assertNear(Functions.grad((Tensor x) -> x.softplus().sum()).apply(Tensor.of(0, 100, -100)), 0.5, 1, 0);
    }

    @Test
    void powers() {
        for (double exponent : new double[] {0, 1, 2, 3, 4, -1, -2}) {
            check(x -> x.pow(exponent), x -> Math.pow(x, exponent));
        }
        assertNear(Tensor.of(4, 9).pow(0.5), 2, 3);
        assertNear(Tensor.of(4, 9).pow(1.5), 8, 27);
        assertNear(Tensor.of(4, 16).pow(-0.5), 0.5, 0.25);
        assertNear(Tensor.of(4, 16).pow(-1.5), 1 / 8.0, 1 / 64.0);
        assertNear(Tensor.of(4, 16).pow(-2.5), 1 / 32.0, 1 / 1024.0);
        assertNear(Tensor.of(2, 3).pow(Tensor.of(3, 2)), 8, 9);
        assertInts(Tensor.ofInts(-2, 3).pow(3), -8, 27);
        assertThrows(DTypeException.class, () -> Tensor.ofInts(2).pow(0.5));
        assertNear(Tensor.of(8).log2(), 3);
        assertNear(Tensor.of(1000).log10(), 3);
    }

    @Test
    void remaindersAndQuotients() {
        Tensor a = Tensor.ofInts(7, -7, 7, -7, 6);
        Tensor b = Tensor.ofInts(3, 3, -3, -3, 3);
        assertInts(a.div(b), 2, -2, -2, 2, 2);
        assertInts(a.rem(b), 1, -1, 1, -1, 0);
        assertInts(a.floorDiv(b), 2, -3, -3, 2, 2);
        assertInts(a.mod(b), 1, 2, -2, -1, 0);
        assertNear(Tensor.of(-7.5).mod(2), 0.5);
        assertNear(Tensor.of(-7.5).floorDiv(Tensor.of(2)), -4);
    }

    @Test
    void comparisonsAndLogic() {
        Tensor x = Tensor.of(1, 2, 3);
        assertBooleans(x.less(2), true, false, false);
        assertBooleans(x.lessEqual(2), true, true, false);
        assertBooleans(x.greater(2), false, false, true);
        assertBooleans(x.greaterEqual(2), false, true, true);
        assertBooleans(x.eq(2), false, true, false);
        assertBooleans(x.ne(Tensor.of(2)), true, false, true);
        assertBooleans(x.less(2).or(x.greater(2)).not(), false, true, false);
        assertBooleans(x.less(3).xor(x.greater(1)), true, false, true);
        assertInts(Tensor.ofInts(6).and(Tensor.ofInts(3)), 2);
        assertInts(Tensor.ofInts(-8).shiftRight(1), -4);
        assertInts(Tensor.ofInts(-1).shiftRightUnsigned(28), 15);
        assertInts(Tensor.ofInts(3).shiftLeft(2), 12);
    }

    @Test
    void infinitiesAndNaN() {
        Tensor x = Tensor.of(0, Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY);
        assertBooleans(x.isNaN(), false, true, false, false);
        assertBooleans(x.isInfinite(), false, false, true, true);
        assertBooleans(x.isFinite(), true, false, false, false);
        assertTrue(Double.isNaN(x.softplus().toDoubleArray()[1]));
        assertEquals(Double.POSITIVE_INFINITY, x.softplus().toDoubleArray()[2]);
        assertEquals(0, x.softplus().toDoubleArray()[3]);
    }

    @Test
    void scalarsAreWeak() {
        assertEquals(DType.INT32, Tensor.ofInts(1).add(1).dtype());
        assertEquals(DType.FLOAT64, Tensor.ofDoubles(1).mul(0.5).dtype());
        DTypeException e = assertThrows(DTypeException.class, () -> Tensor.ofInts(1, 2).add(0.5));
        assertTrue(e.getMessage().contains("INT32(2,)") && e.getMessage().contains("0.5"), e.getMessage());
        assertThrows(DTypeException.class, () -> Tensor.ofInts(1).add(Tensor.of(1)));
        assertThrows(DTypeException.class, () -> Tensor.ofInts(1).less(0.5));
    }

    @Test
    void broadcasting() {
        Tensor sum = Tensor.of(1, 2).reshape(2, 1).add(Tensor.of(10, 20, 30));
        assertShape(sum, 2, 3);
        assertNear(sum, 11, 21, 31, 12, 22, 32);
        assertShape(Tensor.zeros(0, 1).add(Tensor.ones(3)), 0, 3);
        ShapeException e = assertThrows(ShapeException.class, () -> Tensor.zeros(2, 3).add(Tensor.zeros(2)));
        assertTrue(e.getMessage().contains("(2, 3) and (2,)"), e.getMessage());
    }

    @Test
    void whereTakesNumbersToo() {
        Tensor x = Tensor.of(-1, 2, -3);
        assertNear(x.where(x.greater(0), 0), 0, 2, 0);
        assertNear(x.where(x.greater(0), x.neg()), 1, 2, 3);
        assertNear(Tensors.where(Tensor.ofBooleans(true, false).reshape(2, 1), Tensor.of(1), Tensor.of(2, 3)), 1, 1, 2,
                3);
        assertThrows(DTypeException.class, () -> x.where(x, 0));
    }

    @Test
    void closeness() {
        Tensor a = Tensor.of(1, 100, Double.POSITIVE_INFINITY, Double.NaN);
        assertBooleans(a.isClose(Tensor.of(1.1, 100.1, Double.POSITIVE_INFINITY, Double.NaN), 1e-2, 1e-3), false, true,
                true, false);
    }

    @Test
    void casts() {
        assertInts(Tensor.of(1.9, -1.9).cast(DType.INT32), 1, -1);
        assertBooleans(Tensor.of(0, 0.5).cast(DType.BOOL), false, true);
        Tensor x = Tensor.of(1);
        assertEquals(x, x.cast(DType.FLOAT32));
        assertEquals(Shape.of(1), x.named("features").shape());
        assertNear(x.named("features"), 1);
    }
}
