package dev.gamelan.codegen;

import static dev.gamelan.codegen.ElementType.DOUBLE;
import static dev.gamelan.codegen.ElementType.FLOAT;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gamelan.codegen.Gemm.Layout;
import dev.gamelan.ir.Derived;
import dev.gamelan.runtime.Pool;
import java.lang.management.ManagementFactory;
import java.lang.reflect.Array;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GemmTest {
    private static final Pool ONE = new Pool(1);
    private static final Pool TWO = new Pool(2);
    private static final Pool THREE = new Pool(3);

    @AfterAll
    static void close() {
        TWO.close();
        THREE.close();
    }

    /** Operands with slack around and between their rows, filled with noise. */
    private record Case(ElementType type, int batch, int m, int n, int k, boolean transposeA, boolean transposeB, int slack) {
        int aLead() {
            return (transposeA ? m : k) + slack;
        }

        int bLead() {
            return (transposeB ? k : n) + slack;
        }

        Layout a() {
            return new Layout(m * k + slack * (m + k), transposeA ? 1 : aLead(), transposeA ? aLead() : 1);
        }

        Layout b() {
            return new Layout(k * n + slack * (k + n), transposeB ? 1 : bLead(), transposeB ? bLead() : 1);
        }

        Layout c() {
            return new Layout(m * (n + slack), n + slack, 1);
        }

        Object noise(Layout layout, int seed) {
            int length = 3 + batch * Math.max(layout.batchStride(), 1) + 64;
            Object array = type == FLOAT ? new float[length] : new double[length];
            Random random = new Random(seed);
            for (int i = 0; i < length; i++) {
                if (type == FLOAT) {
                    Array.setFloat(array, i, random.nextFloat() - 0.5f);
                } else {
                    Array.setDouble(array, i, random.nextDouble() - 0.5);
                }
            }
            return array;
        }

        /** Runs and returns C. */
        Object run(Lanes lanes, Pool pool) {
            return run(lanes, pool, null);
        }

        Object run(Lanes lanes, Pool pool, @Nullable Derived derived) {
            Object c = noise(c(), 3);
            AtomicIntegerArray reported = new AtomicIntegerArray(Math.max(1, batch * m));
            Gemm gemm = Gemm.of(lanes, type, batch, m, n, k, a(), b(), c());
            gemm.run(pool, noise(a(), 1), 3, noise(b(), 2), 3, c, 3, (matrix, from, to) -> {
                for (int i = from; i < to; i++) {
                    reported.incrementAndGet(matrix * m + i);
                }
            }, derived);
            for (int i = 0; i < batch * m && n > 0; i++) {
                assertEquals(1, reported.get(i), this + " reports of row " + i + " of " + gemm);
            }
            return c;
        }

        void check() {
            Lanes preferred = Lanes.preferred(type);
            Object c = run(preferred, ONE);
            Object before = noise(c(), 3);
            double[] a = doubles(noise(a(), 1));
            double[] b = doubles(noise(b(), 2));
            boolean[] written = new boolean[Array.getLength(c)];
            double tolerance = (type == FLOAT ? 1e-6 : 1e-15) * (k + 4);
            Layout la = a();
            Layout lb = b();
            for (int s = 0; s < batch; s++) {
                for (int i = 0; i < m; i++) {
                    for (int j = 0; j < n; j++) {
                        int at = 3 + s * c().batchStride() + i * c().rowStride() + j;
                        double sum = 0;
                        for (int l = 0; l < k; l++) {
                            sum += a[3 + s * la.batchStride() + i * la.rowStride() + l * la.columnStride()]
                                    * b[3 + s * lb.batchStride() + l * lb.rowStride() + j * lb.columnStride()];
                        }
                        int row = i;
                        int column = j;
                        assertEquals(sum, Array.getDouble(c, at), tolerance, () -> this + " at " + row + ", " + column);
                        written[at] = true;
                    }
                }
            }
            for (int i = 0; i < written.length; i++) {
                assertTrue(written[i] || Array.getDouble(before, i) == Array.getDouble(c, i), () -> this + " wrote beside C");
            }
            assertSame(c, run(preferred, TWO), "2 threads");
            assertSame(c, run(preferred, THREE), "3 threads");
            Derived kept = new Derived(true);
            assertSame(c, run(preferred, ONE, kept), "made and kept");
            assertSame(c, run(preferred, TWO, kept), "kept, 2 threads");
            kept.change();
            assertSame(c, run(preferred, THREE, kept), "made again, 3 threads");
        }

        void checkForms() {
            Object c = run(Lanes.preferred(type), ONE);
            for (Lanes lanes : Forms.all(type)) {
                assertSame(c, run(lanes, TWO), lanes.toString());
            }
        }

        private static double[] doubles(Object array) {
            double[] result = new double[Array.getLength(array)];
            Arrays.setAll(result, i -> Array.getDouble(array, i));
            return result;
        }

        private void assertSame(Object expected, Object actual, String what) {
            for (int i = 0; i < Array.getLength(expected); i++) {
                int at = i;
                assertEquals(Array.getDouble(expected, i), Array.getDouble(actual, i), 0, () -> this + ", " + what + ", at " + at);
            }
        }
    }

    private static void eachTransposition(ElementType type, int batch, int m, int n, int k, boolean forms) {
        for (int t = 0; t < 4; t++) {
            Case c = new Case(type, batch, m, n, k, (t & 1) != 0, (t & 2) != 0, (m + n + t) % 3);
            c.check();
            if (forms) {
                c.checkForms();
            }
        }
    }

    @Test
    void theLastRowsAreTheSameBeforeAndAfterTheirKernelIsWarm() {
        Lanes lanes = Lanes.preferred(FLOAT);
        int rows = 2 * Tile.largest(lanes).rows() + 3;
        float[] a = new float[rows * 50];
        float[] b = new float[50 * 70];
        for (int i = 0; i < Math.max(a.length, b.length); i++) {
            a[i % a.length] = (i * 37 % 101 - 50) / 7f;
            b[i % b.length] = (i * 53 % 97 - 48) / 11f;
        }
        Gemm gemm = Gemm.of(FLOAT, 1, rows, 70, 50, new Gemm.Layout(0, 50, 1), new Gemm.Layout(0, 70, 1), new Gemm.Layout(0, 70, 1));
        float[] cold = new float[rows * 70];
        gemm.run(ONE, a, 0, b, 0, cold, 0, null);
        MicroKernels.warmPanel(FLOAT, new Tile(lanes, 3, Tile.largest(lanes).vectors())).await();
        float[] warm = new float[rows * 70];
        gemm.run(ONE, a, 0, b, 0, warm, 0, null);
        assertArrayEquals(cold, warm);
    }

    @Test
    void tilesOfOneRowLessAreTheSameBeforeAndAfterTheirKernelIsWarm() {
        for (Lanes lanes : Forms.all(FLOAT)) {
            Tile tile = Tile.largest(lanes);
            for (int rows : new int[] {26, 32, 49}) {
                Case c = new Case(FLOAT, 1, rows, 70, 50, rows == 32, false, 0);
                Object cold = c.run(lanes, ONE);
                if (tile.rows() > 1) {
                    MicroKernels.warmPanel(FLOAT, tile).await();
                    MicroKernels.warmPanel(FLOAT, new Tile(lanes, tile.rows() - 1, tile.vectors())).await();
                }
                c.assertSame(cold, c.run(lanes, ONE), lanes + ", one thread");
                c.assertSame(cold, c.run(lanes, THREE), lanes + ", three threads");
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"49, 24", "32, 12", "26, 6", "25, 25", "36, 36", "40, 40", "128, 128", "5, 5"})
    void fewRowsBeyondTheLastTileMakeOthersShorter(int rows, int whole) {
        Lanes lanes = Lanes.preferred(FLOAT);
        Layout layout = new Layout(0, 8, 1);
        Gemm.Problem problem = new Gemm.Problem(FLOAT, 1, rows, 8, 8, layout, layout, layout);
        assertEquals(whole, new PackedCut(problem, new Tile(lanes, 6, 2), 8, 8, false).wholeRows(rows));
    }

    @Test
    void productsOfFewRowsAreTheSameFromPanels() {
        for (ElementType type : new ElementType[] {FLOAT, DOUBLE}) {
            Lanes lanes = Lanes.preferred(type);
            for (int rows : new int[] {1, 3, 8, 12}) {
                MicroKernels.warm(type, new Tile(lanes, rows, Tile.widest(lanes, rows)), MicroKernels.Kind.PANELS).await();
                for (int columns : new int[] {128, 300, 513}) {
                    Case one = new Case(type, 1, rows, columns, 70, rows == 3, false, rows % 2);
                    Case batch = new Case(type, 3, rows, columns, 512, rows == 8, false, 0);
                    for (Case c : List.of(one, batch)) {
                        Object expected = c.run(lanes, ONE);
                        Derived kept = new Derived(false);
                        for (int run = 0; run < 12; run++) {
                            c.assertSame(expected, c.run(lanes, run % 2 == 0 ? TWO : THREE, kept), "run " + run);
                        }
                        kept.change();
                        c.assertSame(expected, c.run(lanes, ONE, kept), "after a change");
                    }
                }
            }
        }
    }

    @Test
    void rowsThatStreamGiveTheSameBits() {
        int slack = 30;
        for (ElementType type : new ElementType[] {FLOAT, DOUBLE}) {
            for (int rows = 1; rows <= 3; rows++) {
                for (int depth = 90; depth < 94; depth++) {
                    Case c = new Case(type, 1, rows, 3 * 1024 - slack, depth, depth == 91, false, slack);
                    Object plain = c.run(Lanes.preferred(type), ONE);
                    for (Lanes lanes : Forms.all(type)) {
                        if (lanes.isVector()) {
                            MicroKernels.warm(type, new Tile(lanes, rows, Tile.largest(lanes).vectors()), MicroKernels.Kind.STREAM).await();
                        }
                        c.assertSame(plain, c.run(lanes, TWO), lanes.toString());
                    }
                    c.check();
                }
            }
        }
    }

    @Test
    void panelsPackedWhileMultiplyingGiveTheSameBits() {
        for (ElementType type : new ElementType[] {FLOAT, DOUBLE}) {
            Lanes lanes = Lanes.preferred(type);
            MicroKernels.warmPacking(type, Tile.largest(lanes)).await();
            int[][] shapes = {{12, 64, 40}, {30, 100, 60}, {300, 70, 50}, {40, 64, 4500}};
            for (int[] s : shapes) {
                for (int t = 0; t < 4; t++) {
                    Case c = new Case(type, 1, s[0], s[1], s[2], (t & 1) != 0, false, t);
                    Object kept = c.run(lanes, ONE, new Derived(true));
                    c.assertSame(kept, c.run(lanes, ONE), "1 thread");
                    c.assertSame(kept, c.run(lanes, TWO), "2 threads");
                }
            }
        }
    }

    @Test
    void panelsBroughtWhileMultiplyingGiveTheSameBits() {
        Lanes lanes = Lanes.preferred(FLOAT);
        int depth = 1300;
        for (int rows : new int[] {13, 30, 49, 96}) {
            Case c = new Case(FLOAT, 1, rows, 1100, depth, false, rows == 30, 0);
            Object expected = c.run(lanes, ONE);
            c.check();
            Tile tile = new Tile(lanes, PackedCut.evenRows(rows, Tile.largest(lanes).rows()), Tile.largest(lanes).vectors());
            if (MicroKernels.canBring(FLOAT, tile, depth / 2)) {
                MicroKernels.warmAhead(FLOAT, tile, depth / 2, false).await();
                MicroKernels.warmAhead(FLOAT, tile, depth / 2, true).await();
            }
            Derived kept = new Derived(false);
            for (Pool pool : List.of(ONE, TWO, THREE)) {
                c.assertSame(expected, c.run(lanes, pool), "packed for the run");
                c.assertSame(expected, c.run(lanes, pool, kept), "packed and kept");
            }
        }
    }

    @Test
    void panelsThatAreNeededOnceGiveTheSameBits() {
        for (int rows : new int[] {14, 60, 144}) {
            for (boolean transposed : new boolean[] {false, true}) {
                Case c = new Case(FLOAT, 1, rows, 1030, 1200, rows == 60, transposed, 3);
                c.check();
                Object kept = c.run(Lanes.preferred(FLOAT), ONE, new Derived(true));
                for (Pool pool : List.of(ONE, TWO, THREE)) {
                    c.assertSame(kept, c.run(Lanes.preferred(FLOAT), pool), pool.workers() + " threads");
                }
            }
        }
    }

    @Test
    void columnsReadInPlaceGiveTheSameBits() {
        for (ElementType type : new ElementType[] {FLOAT, DOUBLE}) {
            Lanes lanes = Lanes.preferred(type);
            int[][] shapes = {{12, 64, 40}, {31, 96, 60}, {300, 64, 50}, {41, 64, 1400}};
            for (int[] s : shapes) {
                Case c = new Case(type, 1, s[0], s[1], s[2], true, false, 0);
                // Where columns are no whole panels, rows are copied.
                Case wider = new Case(type, 1, s[0], s[1] + 1, s[2], true, false, 0);
                MicroKernels.warm(type, Tile.largest(lanes), MicroKernels.Kind.PANEL_OF_COLUMNS).await();
                for (Pool pool : List.of(ONE, TWO, THREE)) {
                    c.assertSame(c.run(lanes, pool), c.run(lanes, ONE, new Derived(true)), "panels packed and kept");
                    c.check();
                }
                wider.check();
            }
        }
    }

    @Test
    void smallShapes() {
        int[] sizes = {0, 1, 2, 5, 7, 13, 16, 18};
        for (int m : sizes) {
            for (int n : sizes) {
                for (int k : new int[] {0, 1, 3, 17}) {
                    eachTransposition(FLOAT, 1, m, n, k, false);
                }
            }
        }
    }

    @Test
    void allFormsGiveTheSameBits() {
        int[][] shapes = {{1, 67, 70}, {1, 130, 33}, {2, 33, 40}, {3, 31, 40}, {4, 9, 50}, {5, 17, 50}, {6, 16, 16},
                {7, 15, 40}, {29, 1, 45}, {23, 4, 45}, {40, 37, 1300}, {12, 100, 65}, {13, 100, 65}, {17, 1, 1}};
        for (int[] s : shapes) {
            eachTransposition(FLOAT, 1, s[0], s[1], s[2], true);
            eachTransposition(DOUBLE, 1, s[0], s[1], s[2], true);
        }
    }

    @Test
    void aroundTileAndBlockEdges() {
        for (int m : new int[] {95, 97, 193}) {
            for (int n : new int[] {31, 33, 160}) {
                for (int k : new int[] {255, 1025}) {
                    eachTransposition(FLOAT, 1, m, n, k, false);
                }
            }
        }
        eachTransposition(DOUBLE, 1, 101, 53, 900, false);
        eachTransposition(FLOAT, 1, 37, 512, 512, false);
        eachTransposition(FLOAT, 1, 512, 40, 512, false);
        eachTransposition(FLOAT, 1, 130, 300, 130, false);
        eachTransposition(FLOAT, 1, 20, 8, 140_000, false);
        eachTransposition(FLOAT, 2, 20, 8, 140_000, false);
    }

    @Test
    void batches() {
        for (int batch : new int[] {2, 3, 8}) {
            eachTransposition(FLOAT, batch, 20, 30, 40, false);
            eachTransposition(FLOAT, batch, 70, 80, 90, false);
            eachTransposition(FLOAT, batch, 1, 80, 90, false);
            eachTransposition(FLOAT, batch, 80, 1, 90, false);
            eachTransposition(DOUBLE, batch, 3, 5, 7, false);
        }
    }

    @Test
    void manySmallProductsAreTheSameInEveryForm() {
        int[][] shapes = {{13, 16, 5}, {20, 20, 30}, {25, 31, 7}, {64, 32, 3}, {37, 40, 9}, {50, 48, 20}, {14, 70, 40}, {16, 100, 1},
                {17, 33, 0}};
        for (ElementType type : new ElementType[] {FLOAT, DOUBLE}) {
            for (int[] s : shapes) {
                Lanes lanes = Lanes.preferred(type);
                int tileRows = Math.ceilDiv(s[0], Math.ceilDiv(s[0], Tile.largest(lanes).rows()));
                MicroKernels.warm(type, new Tile(lanes, tileRows, 2), MicroKernels.Kind.OVERLAP).await();
                eachTransposition(type, 1, s[0], s[1], s[2], true);
                eachTransposition(type, 3, s[0], s[1], s[2], true);
                eachTransposition(type, 40, s[0], s[1], s[2], false);
            }
            for (int[] s : new int[][] {{3, 3, 3}, {5, 3, 7}, {7, 9, 4}, {11, 20, 4}}) {
                MicroKernels.warm(type, new Tile(Lanes.preferred(type), 3, 1), MicroKernels.Kind.EDGE).await();
                eachTransposition(type, 100, s[0], s[1], s[2], false);
            }
        }
    }

    @Test
    void broadcastOperandsAndStrides() {
        float[] a = new float[5 * 4 * 2];
        float[] b = new float[4 * 3 * 2];
        for (int i = 0; i < a.length; i++) {
            a[i] = i;
        }
        for (int i = 0; i < b.length; i++) {
            b[i] = i % 7 - 3;
        }
        float[] c = new float[2 * 5 * 3];
        Gemm.of(FLOAT, 2, 5, 3, 4, new Layout(20, 4, 1), new Layout(0, 6, 2), new Layout(15, 3, 1))
                .run(TWO, a, 0, b, 0, c, 0, null);
        for (int s = 0; s < 2; s++) {
            for (int i = 0; i < 5; i++) {
                for (int j = 0; j < 3; j++) {
                    float sum = 0;
                    for (int l = 0; l < 4; l++) {
                        sum += a[s * 20 + i * 4 + l] * b[l * 6 + j * 2];
                    }
                    assertEquals(sum, c[s * 15 + i * 3 + j]);
                }
            }
        }
    }

    @Test
    void batchOfRowsTimesOneMatrixReportsCallerRows() {
        int[] seen = new int[4 * 30];
        float[] a = new float[4 * 30 * 50];
        Gemm.of(FLOAT, 4, 30, 40, 50, new Layout(1500, 50, 1), new Layout(0, 40, 1), new Layout(1200, 40, 1))
                .run(ONE, a, 0, new float[2000], 0, new float[4 * 1200], 0, (batch, from, to) -> {
                    assertTrue(from >= 0 && to <= 30);
                    for (int i = from; i < to; i++) {
                        seen[batch * 30 + i]++;
                    }
                });
        for (int count : seen) {
            assertEquals(1, count);
        }
    }

    @Test
    @Tag("alone")
    void runsAllocateNothing() {
        var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        float[] a = new float[100 * 100];
        float[] c = new float[100 * 100];
        Layout layout = new Layout(0, 100, 1);
        Derived kept = new Derived(true);
        Gemm gemm = Gemm.of(FLOAT, 1, 100, 100, 100, layout, layout, layout);
        long allocated = Long.MAX_VALUE;
        for (int attempt = 0; attempt < 200 && allocated > 0; attempt++) {
            long before = threads.getCurrentThreadAllocatedBytes();
            for (int repeat = 0; repeat < 100; repeat++) {
                gemm.run(ONE, a, 0, a, 0, c, 0, null);
                gemm.run(ONE, a, 0, a, 0, c, 0, null, kept);
            }
            allocated = threads.getCurrentThreadAllocatedBytes() - before;
        }
        assertEquals(0, allocated);
    }
}
