package dev.gamelan.codegen;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gamelan.codegen.Gemm.Layout;
import dev.gamelan.codegen.MicroKernels.Kind;
import dev.gamelan.ir.Derived;
import dev.gamelan.runtime.Pool;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SmallNumbersTest {

    /** Panels are made after some of them, and then there are some more with kernels for bytes and without. */
    private static final int RUNS = 14;

    @Test
    void onlyWhatIsAByteToTheBitBecomesOne() {
        assertInstanceOf(byte[].class, SmallNumbers.narrowed(new float[] {0, -128, 127, 1}));
        for (float other : new float[] {-0f, 128, -129, 0.5f, Float.NaN, Float.POSITIVE_INFINITY, 256}) {
            float[] panels = {1, other};
            assertSame(panels, SmallNumbers.narrowed(panels));
        }
        double[] doubles = {1};
        assertSame(doubles, SmallNumbers.narrowed(doubles));
    }

    @Test
    void elementsComeBackAsTheyWere() {
        float[] panels = random(new Random(1), 100, -128, 128);
        float[] back = new float[100];
        SmallNumbers.widen((byte[]) SmallNumbers.narrowed(panels), 7, back, 3, 90);
        for (int i = 0; i < 90; i++) {
            assertTrue(panels[7 + i] == back[3 + i], "element " + i);
        }
    }

    /** With kernels for bytes and without them, in whole tiles and at the edges, over several stretches of the inner dimension. */
    @Test
    void productsHaveTheSameBits() {
        int[][] shapes = {{32, 64, 96}, {13, 33, 5}, {29, 100, 1300}, {48, 7, 40}, {60, 32, 2700}, {17, 96, 1}};
        for (int bits : new int[] {0, 128, 256, 512}) {
            if (bits <= VectorSupport.preferredBits()) {
                for (int[] shape : shapes) {
                    check(Lanes.ofBits(bits, ElementType.FLOAT), shape[0], shape[1], shape[2]);
                }
            }
        }
    }

    /** Few rows, whose panels are made after some runs: with columns beyond the last tile and without. */
    @Test
    void productsOfFewRowsHaveTheSameBits() {
        int[][] shapes = {{10, 96, 40}, {1, 256, 33}, {4, 140, 50}, {12, 64, 7}};
        for (int bits : new int[] {128, 256, 512}) {
            if (bits <= VectorSupport.preferredBits()) {
                for (int[] shape : shapes) {
                    check(Lanes.ofBits(bits, ElementType.FLOAT), shape[0], shape[1], shape[2]);
                }
            }
        }
    }

    private static void check(Lanes lanes, int rows, int columns, int depth) {
        Random random = new Random(rows);
        float[] a = random(random, 2 * rows * depth, 0, 256);
        float[] b = random(random, 2 * depth * columns, -128, 128);
        Gemm gemm = Gemm.of(lanes, ElementType.FLOAT, 2, rows, columns, depth, new Layout(rows * depth, depth, 1),
                new Layout(depth * columns, columns, 1), new Layout(rows * columns, columns, 1));
        float[] expected = new float[2 * rows * columns];
        Derived derived = new Derived(true);
        try (Pool pool = new Pool(2)) {
            gemm.run(pool, a, 0, b, 0, expected, 0, null);
            for (int run = 0; run < RUNS; run++) {
                float[] c = new float[expected.length];
                gemm.run(pool, a, 0, b, 0, c, 0, null, derived);
                assertArrayEquals(expected, c, lanes + " " + rows + " x " + columns + " x " + depth + ", run " + run);
                Tile largest = Tile.largest(lanes);
                if (lanes.widensBytes() && run == RUNS - 2) {
                    MicroKernels.warmBytes(new Tile(lanes, Math.min(rows, largest.rows()), largest.vectors())).await();
                    if (rows <= DirectPath.MOST_ROWS) {
                        MicroKernels.warm(ElementType.FLOAT, new Tile(lanes, rows, Tile.widest(lanes, rows)), Kind.PANELS_OF_BYTES).await();
                    }
                }
            }
        }
    }

    private static float[] random(Random random, int length, int from, int to) {
        float[] values = new float[length];
        for (int i = 0; i < length; i++) {
            values[i] = random.nextInt(from, to);
        }
        return values;
    }
}
