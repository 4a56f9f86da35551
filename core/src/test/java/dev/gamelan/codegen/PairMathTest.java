package dev.gamelan.codegen;

import static dev.gamelan.codegen.ElementType.FLOAT;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gamelan.codegen.Value.Form;
import java.util.Random;
import java.util.function.DoubleBinaryOperator;
import org.junit.jupiter.api.Test;

class PairMathTest {
    private static final float[] SPECIAL = {0, -0f, 1, -1, 2, -2, 3, -3, 0.5f, -0.5f, 1.5f, -2.5f, 1e-40f, -1e-40f, 1e30f, -1e30f, 16777216,
            16777217, 33554432, -16777215, 0.99999994f, 1.0000001f, 88, -103, 128, Float.MAX_VALUE, Float.MIN_VALUE, Float.MIN_NORMAL,
            Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, Float.NaN};

    /** A function of two arrays. */
    public interface Map {
        void call(float[] x, float[] y, float[] z, int from, int to);
    }

    private interface Function {
        Value apply(PairMath math, Value x, Value y);
    }

    private static float[] map(Lanes lanes, Function function, float[] x, float[] y) {
        Map map = KernelClass.define(Map.class, "TestPairs", lanes, k -> {
            Value a = k.parameter(0, Form.ARRAY, FLOAT);
            Value b = k.parameter(1, Form.ARRAY, FLOAT);
            Value c = k.parameter(2, Form.ARRAY, FLOAT);
            k.forMaskedLanes(k.intParameter(3), k.intParameter(4), i -> k.memory().store(c, i,
                    function.apply(new PairMath(k, new VectorMath(k)), k.memory().load(a, i), k.memory().load(b, i))));
        });
        float[] z = new float[x.length];
        map.call(x, y, z, 0, x.length);
        return z;
    }

    private static void check(Function function, DoubleBinaryOperator exact, double ulps, float[] x, float[] y) {
        float[] first = map(Lanes.SCALAR, function, x, y);
        for (int i = 0; i < x.length; i++) {
            float want = (float) exact.applyAsDouble(x[i], y[i]);
            double error = Math.abs(first[i] - exact.applyAsDouble(x[i], y[i]));
            assertTrue(Float.compare(first[i], want) == 0 || error <= ulps * Math.ulp(want) && Math.abs(want) < Float.POSITIVE_INFINITY,
                    x[i] + ", " + y[i] + ": expected " + want + ", received " + first[i]);
        }
        for (Lanes lanes : Forms.all(FLOAT)) {
            assertArrayEquals(first, map(lanes, function, x, y), lanes.toString());
        }
    }

    private static void checkSpecial(Function function, DoubleBinaryOperator exact, double ulps) {
        float[] x = new float[SPECIAL.length * SPECIAL.length];
        float[] y = new float[x.length];
        for (int i = 0; i < x.length; i++) {
            x[i] = SPECIAL[i / SPECIAL.length];
            y[i] = SPECIAL[i % SPECIAL.length];
        }
        check(function, exact, ulps, x, y);
    }

    /** Of all sizes and signs, or between 0 and a number. */
    private static float[] numbers(int seed, double limit) {
        Random random = new Random(seed);
        float[] numbers = new float[50_003];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = limit == 0 ? Float.intBitsToFloat(random.nextInt()) : (float) (random.nextDouble() * limit);
        }
        return numbers;
    }

    /** Where Java differs from IEEE 754: powers of 1 are 1, and of -1 the infinite ones too. */
    private static double power(double x, double y) {
        return x == 1 || x == -1 && Double.isInfinite(y) ? 1 : Math.pow(x, y);
    }

    @Test
    void pow() {
        checkSpecial(PairMath::pow, PairMathTest::power, 4);
        check(PairMath::pow, PairMathTest::power, 4, numbers(1, 0), numbers(2, 0));
        check(PairMath::pow, PairMathTest::power, 4, numbers(1, 0), numbers(2, 3));
        check(PairMath::pow, PairMathTest::power, 4, numbers(1, 1), numbers(2, 60));
        check(PairMath::pow, PairMathTest::power, 4, numbers(1, 20), numbers(2, -30));
        check(PairMath::pow, PairMathTest::power, 4, numbers(1, 2), numbers(2, 100));
    }

    @Test
    void atan2() {
        checkSpecial(PairMath::atan2, Math::atan2, 4);
        check(PairMath::atan2, Math::atan2, 4, numbers(1, 0), numbers(2, 0));
        check(PairMath::atan2, Math::atan2, 4, numbers(1, 3), numbers(2, -2));
        check((math, x, _) -> math.atan(x), (x, _) -> Math.atan(x), 3, numbers(1, 0), numbers(2, 0));
        check((math, x, _) -> math.atan(x), (x, _) -> Math.atan(x), 3, numbers(1, 4), numbers(2, 0));
    }

    @Test
    void remainder() {
        DoubleBinaryOperator exact = (a, b) -> (float) a % (float) b;
        checkSpecial(PairMath::remainder, exact, 0);
        check(PairMath::remainder, exact, 0, numbers(1, 0), numbers(2, 0));
        check(PairMath::remainder, exact, 0, numbers(1, 1000), numbers(2, 3));
        float[] multiples = numbers(3, 3);
        float[] products = new float[multiples.length];
        for (int i = 0; i < products.length; i++) {
            products[i] = (i % 2000 - 1000) * multiples[i];
        }
        check(PairMath::remainder, exact, 0, products, multiples);
        assertEquals(Float.floatToRawIntBits(-0f),
                Float.floatToRawIntBits(map(Lanes.SCALAR, PairMath::remainder, new float[] {-6}, new float[] {3})[0]));
    }
}
