package dev.gamelan.tensor;

import static dev.gamelan.tensor.Near.assertInts;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import dev.gamelan.shape.ShapeException;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RandomKeyTest {

    private static final int MANY = 40_000;
    private final RandomKey key = RandomKey.of(42);

    private static double mean(double[] values) {
        return Arrays.stream(values).average().orElseThrow();
    }

    private static double moment(double[] values, double center, int power) {
        return Arrays.stream(values).map(x -> Math.pow(x - center, power)).average().orElseThrow();
    }

    /** From the reference implementation of Random123: threefry2x32, 20 rounds. */
    @Test
    void knownAnswers() {
        assertEquals(0x6b200159, Threefry.bits(0, 0, 0));
        assertEquals(0x6b200159, RandomKey.of(0).randomBits(Shape.of(1)).toIntArray()[0]);
    }

    @Test
    void bitsOfKnownAndOfTracedKeysAgree() {
        int[] bits = key.bits().toIntArray();
        int[] drawn = key.randomBits(Shape.of(5)).toIntArray();
        for (int i = 0; i < 5; i++) {
            assertEquals(Threefry.bits(bits[0], bits[1], i), drawn[i]);
        }
        Program<Tensor, Tensor> inTrace = Functions.compile((Tensor b) -> RandomKey.of(b).at(7).at("dropout").bits());
        assertArrayEquals(key.at(7).at("dropout").bits().toIntArray(), inTrace.apply(key.bits()).toIntArray());
    }

    @Test
    void numbersThatAreComputedGiveTheSameKeys() {
        for (long n : new long[] {0, 1, -1, 5, 1L << 40, -(1L << 40)}) {
            assertArrayEquals(key.at(n).bits().toIntArray(), key.at(Tensor.ofLongs(n)).bits().toIntArray());
        }
        assertArrayEquals(key.at(-3).bits().toIntArray(), key.at(Tensor.scalar(DType.INT32, -3)).bits().toIntArray());
        assertThrows(ShapeException.class, () -> key.at(Tensor.ofInts(1, 2)));
    }

    @Test
    void otherNumbersGiveOtherKeys() {
        Set<Long> seen = new HashSet<>();
        for (int i = 0; i < 1000; i++) {
            int[] bits = key.at(i).bits().toIntArray();
            assertTrue(seen.add((long) bits[0] << 32 | bits[1] & 0xFFFFFFFFL));
        }
        assertFalse(Arrays.equals(key.at(1).at(2).bits().toIntArray(), key.at(2).at(1).bits().toIntArray()));
        assertFalse(Arrays.equals(key.at("a").bits().toIntArray(), key.at("b").bits().toIntArray()));
        assertFalse(Arrays.equals(key.at(0).bits().toIntArray(), key.randomBits(Shape.of(2)).toIntArray()));
    }

    @Test
    void sameKeySameNumbers() {
        assertArrayEquals(key.normal(10).toFloatArray(), RandomKey.of(42).normal(10).toFloatArray());
        assertArrayEquals(key.normal(10).toFloatArray(), Arrays.copyOf(key.normal(20).toFloatArray(), 10));
    }

    @Test
    void uniform() {
        double[] u = key.uniform(MANY).toDoubleArray();
        assertTrue(Arrays.stream(u).allMatch(x -> x >= 0 && x < 1));
        assertEquals(0.5, mean(u), 0.01);
        assertEquals(1 / 12.0, moment(u, 0.5, 2), 0.002);
        double[] v = key.uniform(-2, 4, Shape.of(MANY)).toDoubleArray();
        assertEquals(1, mean(v), 0.06);
    }

    @Test
    void normal() {
        double[] z = key.normal(MANY).toDoubleArray();
        assertEquals(0, mean(z), 0.02);
        assertEquals(1, moment(z, 0, 2), 0.03);
        assertEquals(0, moment(z, 0, 3), 0.08);
        assertEquals(3, moment(z, 0, 4), 0.2);
        assertEquals(0.0455, Arrays.stream(z).filter(x -> Math.abs(x) > 2).count() / (double) MANY, 0.005);
    }

    /** Against the exact quantiles, also far out. */
    @Test
    void inverseErf() {
        double[] z = {1e-4, 0.1, 0.5, 1, 2, 3, 4, 4.5, 5, 5.5, 6};
        double[] p = new double[z.length];
        for (int i = 0; i < z.length; i++) {
            p[i] = complementaryErf(z[i] / Math.sqrt(2));
        }
        double[] back = InverseErf.ofOneMinus(Tensor.ofDoubles(p)).mul(Math.sqrt(2)).toDoubleArray();
        for (int i = 0; i < z.length; i++) {
            assertEquals(z[i], back[i], 2e-4 * z[i], "at " + z[i]);
        }
    }

    /** By the continued fraction for large x, else by the series. */
    private static double complementaryErf(double x) {
        if (x < 2) {
            double term = x;
            double sum = x;
            for (int n = 1; n < 60; n++) {
                term *= -x * x / n;
                sum += term / (2 * n + 1);
            }
            return 1 - 2 / Math.sqrt(Math.PI) * sum;
        }
        double fraction = 0;
        for (int k = 120; k > 0; k--) {
            fraction = k / 2.0 / (x + fraction);
        }
        return Math.exp(-x * x) / Math.sqrt(Math.PI) / (x + fraction);
    }

    @Test
    void truncatedNormal() {
        double[] z = key.truncatedNormal(Shape.of(MANY)).toDoubleArray();
        assertTrue(Arrays.stream(z).allMatch(x -> Math.abs(x) <= 2));
        assertEquals(0, mean(z), 0.02);
        assertEquals(0.8796, Math.sqrt(moment(z, 0, 2)), 0.01);
    }

    @Test
    void bernoulliAndExponential() {
        assertEquals(0.3, key.bernoulli(0.3, Shape.of(MANY)).mean().item(), 0.01);
        Tensor p = Tensor.of(0, 1).broadcastTo(1000, 2);
        Tensor share = key.bernoulli(p).mean(0);
        assertArrayEquals(new double[] {0, 1}, share.toDoubleArray());
        double[] e = key.exponential(Shape.of(MANY)).toDoubleArray();
        assertTrue(Arrays.stream(e).allMatch(x -> x > 0));
        assertEquals(1, mean(e), 0.02);
        assertEquals(0.5772, mean(key.gumbel(Shape.of(MANY)).toDoubleArray()), 0.03);
    }

    @Test
    void integers() {
        int[] draws = key.integers(6, Shape.of(MANY)).toIntArray();
        int[] counts = new int[6];
        for (int draw : draws) {
            counts[draw]++;
        }
        for (int count : counts) {
            assertEquals(MANY / 6.0, count, 5 * Math.sqrt(MANY / 6.0));
        }
        int[] wide = key.integers(-5, Integer.MAX_VALUE - 5, Shape.of(1000)).toIntArray();
        assertTrue(Arrays.stream(wide).allMatch(x -> x >= -5));
        assertEquals(0x40000000, Arrays.stream(wide).average().orElseThrow(), 0x08000000);
        assertInts(key.integers(1, Shape.of(3)), 0, 0, 0);
        assertThrows(ShapeException.class, () -> key.integers(0, Shape.of(1)));
    }

    @Test
    void categorical() {
        Tensor logits = Tensor.of(Math.log(0.2), Math.log(0.5), Math.log(0.3)).broadcastTo(MANY, 3);
        int[] draws = key.categorical(logits).toIntArray();
        double[] shares = new double[3];
        for (int draw : draws) {
            shares[draw] += 1.0 / MANY;
        }
        assertArrayEquals(new double[] {0.2, 0.5, 0.3}, shares, 0.012);
        assertEquals(1, key.categorical(Tensor.of(Double.NEGATIVE_INFINITY, 0)).itemInt());
    }

    @Test
    void permutation() {
        int[] order = key.permutation(100).toIntArray();
        assertEquals(100, Arrays.stream(order).distinct().count());
        assertFalse(Arrays.equals(order, Tensor.arange(100).toIntArray()));
        assertInts(key.permutation(0));
        assertEquals(4950, key.shuffle(Tensor.arange(100), 0).sum().itemInt());
    }
}
