package dev.gamelan.codegen;

import static dev.gamelan.codegen.ElementType.FLOAT;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gamelan.codegen.Value.Form;
import java.util.function.BiFunction;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class VectorMathTest {
    /** A function of an array. */
    public interface Map {
        void call(float[] x, float[] y, int from, int to);
    }

    private static Map map(Lanes lanes, BiFunction<VectorMath, Value, Value> function) {
        return KernelClass.define(Map.class, "TestMap", lanes, k -> {
            Value x = k.parameter(0, Form.ARRAY, FLOAT);
            Value y = k.parameter(1, Form.ARRAY, FLOAT);
            k.forLanes(k.intParameter(2), k.intParameter(3),
                    i -> k.memory().store(y, i, function.apply(new VectorMath(k), k.memory().load(x, i))));
        });
    }

    /** Every {@code step}-th float, so all exponents, signs and special values. */
    private static float[] sweep(int step) {
        float[] x = new float[(int) ((1L << 32) / step)];
        for (int i = 0; i < x.length; i++) {
            x[i] = Float.intBitsToFloat(i * step);
        }
        return x;
    }

    private static void assertAccurate(BiFunction<VectorMath, Value, Value> function, DoubleUnaryOperator exact,
            double ulps, double absolute) {
        float[] x = sweep(9973);
        float[] first = new float[x.length];
        map(Lanes.ofBits(VectorSupport.preferredBits(), FLOAT), function).call(x, first, 0, x.length);
        for (int i = 0; i < x.length; i++) {
            double want = exact.applyAsDouble(x[i]);
            double error = Math.abs(first[i] - want);
            boolean same = Float.compare(first[i], (float) want) == 0;
            assertTrue(same || error <= absolute || error <= ulps * Math.ulp((float) want),
                    x[i] + ": expected " + want + ", received " + first[i] + ", ulps " + error / Math.ulp((float) want));
        }
        for (Lanes lanes : Forms.all(FLOAT)) {
            float[] y = new float[x.length];
            map(lanes, function).call(x, y, 0, x.length);
            assertArrayEquals(first, y, lanes.toString());
        }
    }

    private static float[] apply(BiFunction<VectorMath, Value, Value> function, float... x) {
        float[] y = new float[x.length];
        map(Lanes.SCALAR, function).call(x, y, 0, x.length);
        return y;
    }

    @Test
    void exp() {
        assertAccurate(VectorMath::exp, StrictMath::exp, 0.9, 0);
        assertArrayEquals(new float[] {1, 0, Float.POSITIVE_INFINITY, Float.NaN},
                apply(VectorMath::exp, 0, Float.NEGATIVE_INFINITY, Float.POSITIVE_INFINITY, Float.NaN));
    }

    /** All floats, as {@code ./mvnw -Pslow} runs it. */
    @Test
    @Tag("slow")
    void expOfEveryFloat() {
        Lanes lanes = Lanes.ofBits(VectorSupport.preferredBits(), FLOAT);
        Map exp = map(lanes, VectorMath::exp);
        Map expOfSmall = map(lanes, VectorMath::expOfSmall);
        IntStream.range(0, 1 << 16).parallel().forEach(high -> {
            float[] x = new float[1 << 16];
            for (int low = 0; low < x.length; low++) {
                x[low] = Float.intBitsToFloat(high << 16 | low);
            }
            float[] y = new float[x.length];
            float[] small = new float[x.length];
            exp.call(x, y, 0, x.length);
            expOfSmall.call(x, small, 0, x.length);
            for (int i = 0; i < x.length; i++) {
                double want = Math.exp(x[i]);
                boolean same = Float.compare(y[i], (float) want) == 0;
                assertTrue(same || Math.abs(y[i] - want) <= 0.9 * Math.ulp((float) want), () -> "exp " + want);
                assertTrue(x[i] > VectorMath.MOST_SMALL || Float.compare(y[i], small[i]) == 0, () -> "expOfSmall " + want);
            }
        });
    }

    @Test
    void expOfSmallHasTheSameBits() {
        float[] x = sweep(9973);
        for (int i = 0; i < x.length; i++) {
            x[i] = x[i] > VectorMath.MOST_SMALL ? -x[i] : x[i];
        }
        float[] expected = new float[x.length];
        map(Lanes.SCALAR, VectorMath::exp).call(x, expected, 0, x.length);
        for (Lanes lanes : Forms.all(FLOAT)) {
            float[] y = new float[x.length];
            map(lanes, VectorMath::expOfSmall).call(x, y, 0, x.length);
            assertArrayEquals(expected, y, lanes.toString());
        }
    }

    @Test
    void log() {
        assertAccurate(VectorMath::log, StrictMath::log, 1, 0);
        assertArrayEquals(new float[] {0, Float.NEGATIVE_INFINITY, Float.POSITIVE_INFINITY, Float.NaN, Float.NaN},
                apply(VectorMath::log, 1, -0f, Float.POSITIVE_INFINITY, Float.NaN, -1));
    }

    @Test
    void tanh() {
        assertAccurate(VectorMath::tanh, StrictMath::tanh, 5, 0);
        assertArrayEquals(new float[] {-0f, 1, -1, Float.NaN},
                apply(VectorMath::tanh, -0f, Float.POSITIVE_INFINITY, -100, Float.NaN));
    }

    @Test
    void sigmoid() {
        assertAccurate(VectorMath::sigmoid, x -> x < 0 ? StrictMath.exp(x) / (1 + StrictMath.exp(x))
                : 1 / (1 + StrictMath.exp(-x)), 3, 0);
        assertArrayEquals(new float[] {0.5f, 0, 1, Float.NaN},
                apply(VectorMath::sigmoid, 0, Float.NEGATIVE_INFINITY, Float.POSITIVE_INFINITY, Float.NaN));
    }

    @Test
    void erf() {
        assertAccurate(VectorMath::erf, ErrorFunction::erf, 0, 4e-7);
        assertEquals(0.8427007929497149, ErrorFunction.erf(1), 1e-15);
        assertEquals(0.9999779095030014, ErrorFunction.erf(3), 1e-15);
        assertArrayEquals(new float[] {-0f, 1, -1, Float.NaN},
                apply(VectorMath::erf, -0f, Float.POSITIVE_INFINITY, -100, Float.NaN));
    }

    @Test
    void sinAndCos() {
        assertAccurate(VectorMath::sin, StrictMath::sin, 1.5, 1e-7);
        assertAccurate(VectorMath::cos, StrictMath::cos, 1.5, 1e-7);
        assertArrayEquals(new float[] {-0f, Float.NaN, Float.NaN},
                apply(VectorMath::sin, -0f, Float.POSITIVE_INFINITY, Float.NaN));
    }
}
