package dev.gamelan.codegen;

import static dev.gamelan.codegen.ElementType.DOUBLE;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gamelan.codegen.Value.Form;
import java.util.Random;
import java.util.function.BiFunction;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;

class DoubleMathTest {
    private static final double[] SPECIAL = {0, -0.0, 1, -1, 0.5, Math.sqrt(0.5), Math.nextDown(Math.sqrt(0.5)), 0.625, -0.625,
            709.782712893384,
            709.7827128933841, -745.1332191019412, -745.1332191019413, -708.5, -720.25, 1e5, 100_001, 1e300, -1e300, Double.MIN_VALUE,
            Double.MIN_NORMAL, -Double.MIN_NORMAL, Double.MAX_VALUE, Math.PI, Math.PI / 2, 1e-9, -1e-20, Double.POSITIVE_INFINITY,
            Double.NEGATIVE_INFINITY, Double.NaN};

    /** A function of an array. */
    public interface Map {
        void call(double[] x, double[] y, int from, int to);
    }

    private static double[] map(Lanes lanes, BiFunction<VectorMath, Value, Value> function, double[] x) {
        Map map = KernelClass.define(Map.class, "TestDoubles", lanes, k -> {
            Value a = k.parameter(0, Form.ARRAY, DOUBLE);
            Value b = k.parameter(1, Form.ARRAY, DOUBLE);
            k.forMaskedLanes(k.intParameter(2), k.intParameter(3),
                    i -> k.memory().store(b, i, function.apply(new VectorMath(k), k.memory().load(a, i))));
        });
        double[] y = new double[x.length];
        map.call(x, y, 0, x.length);
        return y;
    }

    private static void check(BiFunction<VectorMath, Value, Value> function, DoubleUnaryOperator exact, double ulps, double absolute) {
        for (double[] x : new double[][] {SPECIAL, numbers(0), numbers(1), numbers(30), numbers(800)}) {
            double[] first = map(Lanes.SCALAR, function, x);
            for (int i = 0; i < x.length; i++) {
                double want = exact.applyAsDouble(x[i]);
                double error = Math.abs(first[i] - want);
                assertTrue(
                        Double.compare(first[i], want) == 0 || error <= absolute
                                || error <= ulps * Math.ulp(want) && Math.abs(want) < Double.POSITIVE_INFINITY,
                        x[i] + ": expected " + want + ", received " + first[i] + ", ulps " + error / Math.ulp(want));
            }
            for (Lanes lanes : Forms.all(DOUBLE)) {
                if (lanes.count() > 1) {
                    assertArrayEquals(first, map(lanes, function, x), lanes.toString());
                }
            }
        }
    }

    /** Of all sizes and signs, or at most as large as a number. */
    private static double[] numbers(double limit) {
        Random random = new Random(1);
        double[] numbers = new double[50_003];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = limit == 0 ? Double.longBitsToDouble(random.nextLong()) : (2 * random.nextDouble() - 1) * limit;
        }
        return numbers;
    }

    @Test
    void exp() {
        check(VectorMath::exp, StrictMath::exp, 1.5, 0);
    }

    @Test
    void log() {
        check(VectorMath::log, StrictMath::log, 1.5, 0);
    }

    @Test
    void tanh() {
        check(VectorMath::tanh, StrictMath::tanh, 3, 0);
    }

    @Test
    void sigmoid() {
        check(VectorMath::sigmoid, x -> x < 0 ? StrictMath.exp(x) / (1 + StrictMath.exp(x)) : 1 / (1 + StrictMath.exp(-x)), 4, 0);
    }

    @Test
    void sineAndCosine() {
        check(VectorMath::sin, StrictMath::sin, 2, 1e-16);
        check(VectorMath::cos, StrictMath::cos, 2, 1e-16);
    }
}
