package dev.gamelan.codegen;

import static dev.gamelan.codegen.ElementType.DOUBLE;
import static dev.gamelan.codegen.ElementType.FLOAT;
import static dev.gamelan.codegen.ElementType.INT;
import static dev.gamelan.codegen.ElementType.LONG;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.gamelan.codegen.Value.Form;
import java.util.Arrays;
import java.util.Random;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class AssemblerTest {
    private static final int[] LENGTHS = {0, 1, 3, 4, 7, 8, 9, 15, 16, 17, 31, 33, 100};

    /** A kernel over arrays. */
    public interface Kernel {
        void call(Object[] arrays, int from, int to);
    }

    private static Kernel kernel(Lanes lanes, Consumer<Assembler> body) {
        return KernelClass.define(Kernel.class, "TestKernel", lanes, body);
    }

    private static Value arrays(Assembler k) {
        return k.parameter(0, Form.OBJECTS, FLOAT);
    }

    /** c[i] = op(a[i], b[i]) for floats a, b, in each form. */
    private static void assertFloatOp(String name, BiFunction<Assembler, Value[], Value> op,
            BiFunction<Float, Float, Float> expected) {
        for (Lanes lanes : Forms.all(FLOAT)) {
            Kernel kernel = kernel(lanes, k -> {
                Value a = k.memory().array(arrays(k), 0, FLOAT);
                Value b = k.memory().array(arrays(k), 1, FLOAT);
                Value c = k.memory().array(arrays(k), 2, FLOAT);
                k.forLanes(k.intParameter(1), k.intParameter(2), i -> k.memory().store(c, i,
                        op.apply(k, new Value[] {k.memory().load(a, i), k.memory().load(b, i)})));
            });
            for (int n : LENGTHS) {
                float[] a = values(n + 2, 1);
                float[] b = values(n + 2, 2);
                float[] c = new float[n + 2];
                kernel.call(new Object[] {a, b, c}, 1, n + 1);
                float[] want = new float[n + 2];
                for (int i = 1; i <= n; i++) {
                    want[i] = expected.apply(a[i], b[i]);
                }
                assertArrayEquals(want, c, name + " " + lanes + " n = " + n);
            }
        }
    }

    private static float[] values(int n, int seed) {
        Random random = new Random(seed);
        float[] special = {0f, -0f, 1f, -1f, Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, 1e-42f};
        float[] result = new float[n];
        for (int i = 0; i < n; i++) {
            result[i] = random.nextInt(5) == 0 ? special[random.nextInt(special.length)] : random.nextFloat() * 20 - 10;
        }
        return result;
    }

    @Test
    void floatArithmetic() {
        assertFloatOp("add", (k, x) -> k.add(x[0], x[1]), Float::sum);
        assertFloatOp("sub", (k, x) -> k.sub(x[0], x[1]), (a, b) -> a - b);
        assertFloatOp("mul", (k, x) -> k.mul(x[0], x[1]), (a, b) -> a * b);
        assertFloatOp("div", (k, x) -> k.div(x[0], x[1]), (a, b) -> a / b);
        assertFloatOp("min", (k, x) -> k.min(x[0], x[1]), Math::min);
        assertFloatOp("max", (k, x) -> k.max(x[0], x[1]), Math::max);
        assertFloatOp("fma", (k, x) -> k.fma(x[0], x[1], x[0]), (a, b) -> Math.fma(a, b, a));
        assertFloatOp("neg", (k, x) -> k.unary(Unary.NEG, x[0]), (a, b) -> -a);
        assertFloatOp("abs", (k, x) -> k.unary(Unary.ABS, x[0]), (a, b) -> Math.abs(a));
        assertFloatOp("sqrt", (k, x) -> k.unary(Unary.SQRT, x[0]), (a, b) -> (float) Math.sqrt(a));
        assertFloatOp("broadcast", (k, x) -> k.mul(x[0], k.constant(FLOAT, 3)), (a, b) -> a * 3);
        assertFloatOp("pow", (k, x) -> k.call(StrictMath.class, "pow", x[0], x[1]),
                (a, b) -> (float) StrictMath.pow(a, b));
    }

    @Test
    void comparisonsAndMasks() {
        for (Comparison op : Comparison.values()) {
            assertFloatOp(op.name(), (k, x) -> k.select(k.compare(op, x[0], x[1]), x[0], k.lanesOf(FLOAT, 7)),
                    (a, b) -> holds(op, a, b) ? a : 7f);
        }
        assertFloatOp("masks", (k, x) -> {
            Value positive = k.compare(Comparison.GT, x[0], k.lanesOf(FLOAT, 0));
            Value less = k.compare(Comparison.LT, x[0], x[1]);
            return k.select(k.and(positive, k.not(less)), x[0], k.select(k.xor(positive, less), x[1], k.lanesOf(FLOAT, 5)));
        }, (a, b) -> a > 0 && !(a < b) ? a : (a > 0) != (a < b) ? b : 5f);
    }

    private static boolean holds(Comparison op, float a, float b) {
        return switch (op) {
            case LT -> a < b;
            case LE -> a <= b;
            case GT -> a > b;
            case GE -> a >= b;
            case EQ -> a == b;
            case NE -> a != b;
        };
    }

    @Test
    void conversionsKeepLanes() {
        for (Lanes lanes : Forms.all(DOUBLE)) {
            Kernel kernel = kernel(lanes, k -> {
                Value a = k.memory().array(arrays(k), 0, FLOAT);
                Value ints = k.memory().array(arrays(k), 1, INT);
                Value doubles = k.memory().array(arrays(k), 2, DOUBLE);
                Value longs = k.memory().array(arrays(k), 3, LONG);
                k.forLanes(k.intParameter(1), k.intParameter(2), i -> {
                    Value x = k.memory().load(a, i);
                    k.memory().store(ints, i, k.convert(x, INT));
                    Value wide = k.convert(x, DOUBLE);
                    k.memory().store(doubles, i, k.mul(wide, wide));
                    Value bits = k.reinterpret(wide, LONG);
                    Value n = k.div(k.binary(Binary.XOR, k.convert(x, LONG), k.shift(Binary.SHL, bits, 3)),
                            k.lanesOf(LONG, 7));
                    k.memory().store(longs, i, n);
                });
            });
            for (int n : LENGTHS) {
                float[] a = values(n, 3);
                int[] ints = new int[n];
                double[] doubles = new double[n];
                long[] longs = new long[n];
                kernel.call(new Object[] {a, ints, doubles, longs}, 0, n);
                for (int i = 0; i < n; i++) {
                    assertEquals((int) a[i], ints[i], lanes.toString());
                    assertEquals((double) a[i] * a[i], doubles[i], lanes.toString());
                    long want = ((long) a[i] ^ Double.doubleToRawLongBits(a[i]) << 3) / 7;
                    assertEquals(Float.isNaN(a[i]) ? longs[i] : want, longs[i], lanes.toString());
                }
            }
        }
    }

    @Test
    void truthValuesInMemory() {
        for (Lanes lanes : Forms.all(FLOAT)) {
            Kernel kernel = kernel(lanes, k -> {
                Value flags = k.memory().flags(arrays(k), 0);
                Value a = k.memory().array(arrays(k), 1, FLOAT);
                Value out = k.memory().flags(arrays(k), 2);
                k.forLanes(k.intParameter(1), k.intParameter(2), i -> k.memory().storeMask(out, i, k.or(
                        k.memory().loadMask(flags, i, INT), k.compare(Comparison.LT, k.memory().load(a, i),
                                k.lanesOf(FLOAT, 0)))));
            });
            for (int n : LENGTHS) {
                float[] a = values(n + 1, 4);
                boolean[] flags = new boolean[n + 1];
                boolean[] out = new boolean[n + 1];
                boolean[] want = new boolean[n + 1];
                for (int i = 0; i < n; i++) {
                    flags[i] = i % 3 == 0;
                    want[i] = flags[i] || a[i] < 0;
                }
                kernel.call(new Object[] {flags, a, out}, 0, n);
                assertArrayEquals(want, out, lanes + " n = " + n);
            }
        }
    }

    /** A sum through 16 virtual lanes gives the same bits in every form. */
    @Test
    void reductionsHaveOneOrder() {
        for (int n : LENGTHS) {
            float[] a = values(n, 5);
            for (int i = 0; i < n; i++) {
                a[i] = Float.isFinite(a[i]) ? a[i] : 0.1f;
            }
            float[] first = null;
            for (Lanes lanes : Forms.all(FLOAT)) {
                int parts = 16 / lanes.count();
                Kernel kernel = kernel(lanes, k -> {
                    Value x = k.memory().array(arrays(k), 0, FLOAT);
                    Value out = k.memory().array(arrays(k), 1, FLOAT);
                    Value[] sums = new Value[parts];
                    Arrays.setAll(sums, p -> k.variable(k.lanesOf(FLOAT, 0)));
                    Value greatest = k.variable(k.lanesOf(FLOAT, Double.NEGATIVE_INFINITY));
                    k.forRange(k.intParameter(1), k.intParameter(2), 16, i -> {
                        for (int p = 0; p < parts; p++) {
                            Value v = k.memory().load(x, k.add(i, p * lanes.count()));
                            k.assign(sums[p], k.add(sums[p], v));
                            k.assign(greatest, k.max(greatest, v));
                        }
                    });
                    k.memory().store(out, k.constant(0), k.reduce(Binary.ADD, sums));
                    k.memory().store(out, k.constant(1), k.reduce(Binary.MAX, greatest));
                });
                float[] out = new float[2];
                float[] padded = Arrays.copyOf(a, (n + 15) / 16 * 16);
                kernel.call(new Object[] {padded, out}, 0, n);
                first = first == null ? out : first;
                assertArrayEquals(first, out, lanes + " n = " + n);
            }
        }
    }

    @Test
    void stridedAndIndexedLoads() {
        for (Lanes lanes : Forms.all(FLOAT)) {
            Kernel kernel = kernel(lanes, k -> {
                Value x = k.memory().array(arrays(k), 0, FLOAT);
                Value indices = k.memory().array(arrays(k), 1, INT);
                Value out = k.memory().array(arrays(k), 2, FLOAT);
                Value three = k.constant(3);
                k.forLanes(k.intParameter(1), k.intParameter(2), i -> k.memory().store(out, i, k.add(
                        k.memory().loadStrided(x, k.mul(i, three), three),
                        k.memory().loadIndexed(x, k.memory().load(indices, i)))));
            });
            for (int n : LENGTHS) {
                float[] x = new float[3 * n];
                int[] indices = new int[n];
                float[] want = new float[n];
                for (int i = 0; i < x.length; i++) {
                    x[i] = i;
                }
                for (int i = 0; i < n; i++) {
                    indices[i] = n - 1 - i;
                    want[i] = 3 * i + n - 1 - i;
                }
                float[] out = new float[n];
                kernel.call(new Object[] {x, indices, out}, 0, n);
                assertArrayEquals(want, out, lanes + " n = " + n);
            }
        }
    }

    @Test
    void tooLargeMethodsAreRefused() {
        IllegalStateException e = assertThrows(IllegalStateException.class, () -> kernel(Lanes.SCALAR, k -> {
            Value x = k.constant(FLOAT, 2);
            for (int i = 0; i < 2000; i++) {
                x = k.add(x, x);
            }
        }));
        assertEquals(true, e.getMessage().contains("split the kernel"), e.getMessage());
    }
}
