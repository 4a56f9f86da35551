package dev.gamelan.codegen;

import static dev.gamelan.codegen.ElementType.FLOAT;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.gamelan.codegen.Value.Form;
import dev.gamelan.ir.Op.ReduceKind;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FloatExtremeTest {

    private static final float[] SPECIAL = {0, -0f, 1, -1, Float.MIN_VALUE, -Float.MIN_VALUE, Float.MAX_VALUE, -Float.MAX_VALUE,
            Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, Float.NaN, Float.intBitsToFloat(0xffc00000), Float.intBitsToFloat(0x7fffffff),
            Float.intBitsToFloat(0xff800001), Float.intBitsToFloat(-1)};

    /** Reduces the first elements of an array. */
    public interface Reduction {
        void call(float[] x, int count, float[] result);
    }

    private static Reduction reduction(Lanes lanes, ReduceKind kind, float identity) {
        return KernelClass.define(Reduction.class, "TestExtreme" + kind, lanes, k -> {
            Value x = k.parameter(0, Form.ARRAY, FLOAT);
            FloatExtreme extreme = new FloatExtreme(k, kind);
            k.forLanes(k.constant(0), k.intParameter(1),
                    i -> extreme.add(0, k.inUse(k.memory().load(x, i), k.lanesOf(FLOAT, identity))));
            k.memory().store(k.parameter(2, Form.ARRAY, FLOAT), k.constant(0), extreme.result());
        });
    }

    private static void check(ReduceKind kind) {
        boolean max = kind == ReduceKind.MAX;
        float identity = max ? Float.NEGATIVE_INFINITY : Float.POSITIVE_INFINITY;
        Random random = new Random(1);
        for (Lanes lanes : Forms.all(FLOAT)) {
            Reduction reduction = reduction(lanes, kind, identity);
            for (int trial = 0; trial < 3000; trial++) {
                float[] x = new float[random.nextInt(40)];
                int kinds = 1 + random.nextInt(SPECIAL.length);
                float want = identity;
                for (int i = 0; i < x.length; i++) {
                    x[i] = random.nextBoolean() ? (float) random.nextGaussian() : SPECIAL[random.nextInt(kinds)];
                    want = max ? Math.max(want, x[i]) : Math.min(want, x[i]);
                }
                float[] result = new float[1];
                reduction.call(x, x.length, result);
                assertEquals(want, result[0], () -> lanes + " " + Arrays.toString(x));
            }
        }
    }

    /** The extremes of elements that lie a number of places apart. */
    @Test
    void extremesOfLanes() {
        Random random = new Random(2);
        int count = 16;
        for (Lanes lanes : Forms.all(FLOAT)) {
            if (!lanes.isVector()) {
                continue;
            }
            for (ReduceKind kind : new ReduceKind[] {ReduceKind.MAX, ReduceKind.MIN}) {
                Reduction reduction = KernelClass.define(Reduction.class, "TestLanes" + kind, lanes, k -> {
                    Value x = k.parameter(0, Form.ARRAY, FLOAT);
                    FloatExtreme extreme = new FloatExtreme(k, kind);
                    k.forRange(k.intParameter(1), i -> extreme.add(0, k.memory().load(x, k.mul(i, k.constant(count)))));
                    k.memory().store(k.parameter(2, Form.ARRAY, FLOAT), k.constant(0), extreme.lanes());
                });
                for (int trial = 0; trial < 3000; trial++) {
                    int rows = 1 + random.nextInt(9);
                    float[] x = new float[rows * count];
                    float[] want = new float[count];
                    Arrays.fill(want, kind == ReduceKind.MAX ? Float.NEGATIVE_INFINITY : Float.POSITIVE_INFINITY);
                    for (int i = 0; i < x.length; i++) {
                        x[i] = random.nextBoolean() ? (float) random.nextGaussian() : SPECIAL[random.nextInt(SPECIAL.length)];
                        want[i % count] = kind == ReduceKind.MAX ? Math.max(want[i % count], x[i]) : Math.min(want[i % count], x[i]);
                    }
                    float[] result = new float[count];
                    reduction.call(x, rows, result);
                    assertArrayEquals(Arrays.copyOf(want, lanes.count()), Arrays.copyOf(result, lanes.count()),
                            () -> lanes + " " + Arrays.toString(x));
                }
            }
        }
    }

    @Test
    void maximumIsThatOfJava() {
        check(ReduceKind.MAX);
    }

    @Test
    void minimumIsThatOfJava() {
        check(ReduceKind.MIN);
    }
}
