package dev.gamelan.codegen;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gamelan.codegen.ConvShape.Axis;
import dev.gamelan.runtime.Pool;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Minimal filtering, also for extents where it would not be chosen. */
class WinogradTest {
    private static final Axis NONE = new Axis(1, 1, 1, 1, 0, 1);

    private static Axis axis(int in, int low, int high) {
        return axis(3, in, low, high);
    }

    private static Axis axis(int taps, int in, int low, int high) {
        return new Axis(in, taps, in + low + high - taps + 1, 1, low, 1);
    }

    private static float[] random(Random random, int length) {
        float[] values = new float[length];
        for (int i = 0; i < length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }

    private interface Products {
        /** Element {@code x} of the input and {@code w} of the kernel make a product for element {@code y} of the output. */
        void at(int x, int w, int y);
    }

    private static void forEach(ConvShape s, Products products) {
        for (int pixel = 0; pixel < s.pixels(); pixel++) {
            int image = pixel / (s.height().out() * s.width().out());
            int row = pixel / s.width().out() % s.height().out();
            int column = pixel % s.width().out();
            for (int tap = 0; tap < s.taps(); tap++) {
                int i = row - s.height().pad() + tap / s.width().kernel();
                int j = column - s.width().pad() + tap % s.width().kernel();
                if (i < 0 || i >= s.height().in() || j < 0 || j >= s.width().in()) {
                    continue;
                }
                for (int c = 0; c < s.channels(); c++) {
                    int x = ((image * s.height().in() + i) * s.width().in() + j) * s.channels() + c;
                    for (int f = 0; f < s.filters(); f++) {
                        products.at(x, (tap * s.channels() + c) * s.filters() + f, pixel * s.filters() + f);
                    }
                }
            }
        }
    }

    /** The direct sum, in doubles. */
    private static double[] direct(ConvShape s, float[] x, float[] w) {
        double[] y = new double[s.pixels() * s.filters()];
        forEach(s, (xAt, wAt, yAt) -> y[yAt] += (double) x[xAt] * w[wAt]);
        return y;
    }

    /** The direct sum of the kernel's gradient, in doubles. */
    private static double[] directGradient(ConvShape s, float[] x, float[] gy) {
        double[] gw = new double[s.taps() * s.channels() * s.filters()];
        forEach(s, (xAt, wAt, yAt) -> gw[wAt] += (double) x[xAt] * gy[yAt]);
        return gw;
    }

    private interface Form {
        Convolution.Run in(Lanes lanes);
    }

    private static float[] run(Convolution.Run form, Pool pool, ConvShape shape, float[] x, float[] w) {
        float[] padded = new float[shape.pixels() * shape.filters() + 20];
        Arrays.fill(padded, 7);
        BitSet seen = new BitSet();
        form.run(pool, x, 0, w, 0, padded, 10, (from, to) -> {
            synchronized (seen) {
                assertTrue(seen.get(from, to).isEmpty(), "pixels are done once");
                seen.set(from, to);
            }
        });
        assertEquals(shape.pixels(), seen.cardinality());
        for (int i = 0; i < 10; i++) {
            assertEquals(7, padded[i]);
            assertEquals(7, padded[padded.length - 1 - i]);
        }
        return Arrays.copyOfRange(padded, 10, padded.length - 10);
    }

    private static float[] runGradient(Convolution.Run form, Pool pool, ConvShape shape, float[] x, float[] gy) {
        float[] padded = new float[shape.taps() * shape.channels() * shape.filters() + 20];
        Arrays.fill(padded, 7);
        form.run(pool, x, 0, gy, 0, padded, 10, null);
        for (int i = 0; i < 10; i++) {
            assertEquals(7, padded[i]);
            assertEquals(7, padded[padded.length - 1 - i]);
        }
        return Arrays.copyOfRange(padded, 10, padded.length - 10);
    }

    private static void checkGradient(ConvShape shape) {
        checkGradient(shape, lanes -> new WinogradKernelGradient(lanes, ElementType.FLOAT, shape));
    }

    private static void checkGradient(ConvShape shape, Form form) {
        Random random = new Random(shape.hashCode());
        float[] x = random(random, shape.inputPixels() * shape.channels());
        float[] gy = random(random, shape.pixels() * shape.filters());
        double[] expected = directGradient(shape, x, gy);
        double largest = Arrays.stream(expected).map(Math::abs).max().orElse(1);
        try (Pool one = new Pool(1); Pool three = new Pool(3)) {
            float[] first = runGradient(form.in(Lanes.preferred(ElementType.FLOAT)), one, shape, x, gy);
            for (int i = 0; i < first.length; i++) {
                assertEquals(expected[i], first[i], 1e-4 * largest, shape.toString());
            }
            assertArrayEquals(first, runGradient(form.in(Lanes.preferred(ElementType.FLOAT)), three, shape, x, gy),
                    shape + " on three threads");
            for (Lanes lanes : Forms.all(ElementType.FLOAT)) {
                assertArrayEquals(first, runGradient(form.in(lanes), three, shape, x, gy), shape + " " + lanes);
            }
        }
    }

    @Test
    void gradientsOfTheKernelByParts() {
        for (ConvShape shape : new ConvShape[] {
                new ConvShape(2, 100, 96, 1, NONE, axis(13, 1, 1), axis(7, 1, 1)),
                new ConvShape(3, 53, 160, 1, NONE, axis(17, 0, 2), axis(18, 3, 0)),
                new ConvShape(1, 16, 32, 1, NONE, axis(1, 1, 1), axis(3, 1, 1)),
                new ConvShape(2, 48, 64, 1, new Axis(2, 1, 2, 1, 0, 1), axis(5, 6, 2, 2), axis(5, 9, 2, 2)),
                new ConvShape(1, 64, 64, 1, NONE, axis(12, -2, 1), axis(12, 1, -3))}) {
            checkGradient(shape, lanes -> new WinogradGradientByParts(lanes, ElementType.FLOAT, shape));
        }
    }

    @Test
    void gradientsOfTheKernel() {
        for (int extent : new int[] {1, 3, 4, 5, 8, 13}) {
            checkGradient(new ConvShape(2, 16, 19, 1, NONE, axis(extent, 1, 1), axis(14 - extent, 1, 1)));
        }
        checkGradient(new ConvShape(1, 17, 33, 1, NONE, axis(9, 0, 2), axis(8, 3, 0)));
        checkGradient(new ConvShape(3, 70, 130, 1, NONE, axis(17, 1, 1), axis(11, 1, 1)));
        checkGradient(new ConvShape(2, 16, 16, 1, new Axis(3, 1, 3, 1, 0, 1), axis(6, 1, 1), axis(7, 1, 1)));
        checkGradient(new ConvShape(40, 64, 64, 1, NONE, axis(16, 1, 1), axis(16, 1, 1)));
    }

    private static void check(ConvShape shape) {
        for (WinogradPoints points : WinogradPoints.values()) {
            if (points.side(shape.width().kernel()) > 1) {
                check(shape, lanes -> new Winograd(lanes, ElementType.FLOAT, shape, points), false);
            }
        }
    }

    private static void checkByParts(ConvShape shape) {
        for (WinogradPoints points : WinogradPoints.values()) {
            if (points.side(shape.width().kernel()) > 1) {
                check(shape, lanes -> new WinogradByParts(lanes, ElementType.FLOAT, shape, points, false), false);
                check(shape, lanes -> new WinogradByParts(lanes, ElementType.FLOAT, shape, points, true), true);
            }
        }
    }

    /** @param flips whether the form takes the kernel of the convolution whose input's gradient the shape is */
    private static void check(ConvShape shape, Form form, boolean flips) {
        Random random = new Random(shape.hashCode());
        float[] x = random(random, shape.inputPixels() * shape.channels());
        float[] plain = random(random, shape.taps() * shape.channels() * shape.filters());
        double[] expected = direct(shape, x, plain);
        float[] w = flips ? flipped(shape, plain) : plain;
        double largest = Arrays.stream(expected).map(Math::abs).max().orElse(1);
        float[] first;
        try (Pool one = new Pool(1); Pool three = new Pool(3)) {
            first = run(form.in(Lanes.preferred(ElementType.FLOAT)), one, shape, x, w);
            for (int i = 0; i < first.length; i++) {
                assertEquals(expected[i], first[i], 1e-4 * largest, shape.toString());
            }
            assertArrayEquals(first, run(form.in(Lanes.preferred(ElementType.FLOAT)), three, shape, x, w), shape + " on three threads");
            for (Lanes lanes : Forms.all(ElementType.FLOAT)) {
                assertArrayEquals(first, run(form.in(lanes), three, shape, x, w), shape + " " + lanes);
            }
        }
    }

    /** Taps in reverse, channels and filters exchanged. */
    private static float[] flipped(ConvShape shape, float[] w) {
        float[] flipped = new float[w.length];
        int channels = shape.channels();
        int filters = shape.filters();
        for (int i = 0; i < w.length; i++) {
            int tap = shape.taps() - 1 - i / filters / channels;
            flipped[(tap * filters + i % filters) * channels + i / filters % channels] = w[i];
        }
        return flipped;
    }

    @Test
    void kernelsTransformedByParts() {
        checkByParts(new ConvShape(2, 130, 96, 1, NONE, axis(7, 1, 1), axis(8, 0, 2)));
        checkByParts(new ConvShape(7, 17, 160, 1, NONE, axis(17, 1, 1), axis(13, 1, 1)));
        checkByParts(new ConvShape(1, 300, 32, 1, NONE, axis(1, 1, 1), axis(3, 1, 1)));
        checkByParts(new ConvShape(2, 40, 64, 1, new Axis(2, 1, 2, 1, 0, 1), axis(5, 6, 2, 2), axis(5, 9, 2, 2)));
    }

    @Test
    void tilesAtEveryEdge() {
        for (int extent : new int[] {1, 3, 4, 5, 8, 9, 13}) {
            check(new ConvShape(2, 16, 19, 1, NONE, axis(extent, 1, 1), axis(14 - extent, 1, 1)));
        }
    }

    @Test
    void unevenPaddingAndCropping() {
        check(new ConvShape(1, 17, 33, 1, NONE, axis(9, 0, 2), axis(8, 3, 0)));
        check(new ConvShape(1, 16, 16, 1, NONE, axis(12, -2, 1), axis(12, 1, -3)));
    }

    @Test
    void manyChannelsAndBlocks() {
        check(new ConvShape(3, 70, 130, 1, NONE, axis(17, 1, 1), axis(11, 1, 1)));
        check(new ConvShape(1, 300, 20, 1, NONE, axis(8, 1, 1), axis(8, 1, 1)));
    }

    @Test
    void kernelsOfEverySize() {
        for (int taps = 2; taps <= 5; taps++) {
            check(new ConvShape(2, 16, 19, 1, NONE, axis(taps, 8, 2, 2), axis(taps, 7, 1, 3)));
            checkGradient(new ConvShape(2, 19, 16, 1, NONE, axis(taps, 8, 2, 2), axis(taps, 7, 1, 3)));
            check(new ConvShape(1, 32, 40, 1, NONE, axis(taps, 14, 2, 2), axis(taps, 14, 2, 2)));
            checkGradient(new ConvShape(9, 32, 64, 1, NONE, axis(taps, 14, 2, 2), axis(taps, 14, 2, 2)));
        }
    }

    @Test
    void planesAreImages() {
        check(new ConvShape(2, 16, 16, 1, new Axis(3, 1, 3, 1, 0, 1), axis(6, 1, 1), axis(7, 1, 1)));
    }

    @Test
    void imagesThatAreReadAhead() {
        check(new ConvShape(2, 16, 17, 1, new Axis(2, 1, 2, 1, 0, 1), axis(100, 1, 1), axis(85, 0, 2)));
        check(new ConvShape(1, 16, 16, 1, NONE, axis(190, 2, 9), axis(180, -3, 1)));
    }

    @Test
    void threadsShareTheFiltersOfLargeKernels() {
        check(new ConvShape(1, 260, 192, 1, NONE, axis(8, 1, 1), axis(7, 1, 1)));
        check(new ConvShape(9, 256, 288, 1, NONE, axis(9, 1, 1), axis(13, 1, 1)));
        check(new ConvShape(1, 256, 260, 1, NONE, axis(6, 1, 1), axis(5, 1, 1)));
    }

    @Test
    void panelsBroughtWhileMultiplyingGiveTheSameBits() {
        ConvShape shape = new ConvShape(1, 256, 288, 1, NONE, axis(8, 1, 1), axis(7, 1, 1));
        Tile largest = Tile.fitting(Lanes.preferred(ElementType.FLOAT), shape.filters());
        for (WinogradPoints points : WinogradPoints.values()) {
            int rows = WinogradCut.fittingRows(WinogradTiles.count(points, shape), largest.rows());
            Tile tile = new Tile(largest.lanes(), rows, largest.vectors());
            MicroKernels.warmPanel(ElementType.FLOAT, tile).await();
            if (MicroKernels.canBring(ElementType.FLOAT, tile, shape.channels())) {
                MicroKernels.warmAhead(ElementType.FLOAT, tile, shape.channels(), false).await();
            }
        }
        check(shape);
    }

    @Test
    void isChosenWhereItPays() {
        ConvShape large = new ConvShape(1, 64, 64, 1, NONE, axis(56, 1, 1), axis(56, 1, 1));
        ConvShape fewTiles = new ConvShape(1, 256, 256, 1, NONE, axis(14, 1, 1), axis(14, 1, 1));
        ConvShape manyChannels = new ConvShape(8, 512, 512, 1, NONE, axis(7, 1, 1), axis(7, 1, 1));
        Optional<WinogradPoints> six = Optional.of(WinogradPoints.SIX);
        assertEquals(six, WinogradChoice.of(ElementType.FLOAT, large, false));
        assertEquals(six, WinogradChoice.of(ElementType.FLOAT, new ConvShape(64, 32, 64, 1, NONE, axis(5, 14, 2, 2), axis(5, 14, 2, 2)),
                false));
        assertEquals(Optional.of(WinogradPoints.FOUR), WinogradChoice.of(ElementType.FLOAT, fewTiles, true));
        assertEquals(Optional.empty(), WinogradChoice.of(ElementType.FLOAT, fewTiles, false));
        assertEquals(six, WinogradChoice.of(ElementType.FLOAT, manyChannels, true));
        assertEquals(Optional.empty(), WinogradChoice.of(ElementType.FLOAT, manyChannels, false));
        assertEquals(Optional.empty(), WinogradChoice.of(ElementType.FLOAT, new ConvShape(64, 64, 64, 1, NONE, axis(5, 14, 2, 2),
                axis(3, 14, 1, 1)), true));
        assertEquals(Optional.empty(), WinogradChoice.of(ElementType.FLOAT, new ConvShape(1, 512, 512, 1, NONE, axis(7, 1, 1),
                axis(7, 1, 1)), true));
        assertEquals(Optional.empty(), WinogradChoice.of(ElementType.DOUBLE, large, true));
        assertTrue(WinogradGradientByParts.pays(ElementType.FLOAT, manyChannels));
        assertFalse(WinogradGradientByParts.pays(ElementType.FLOAT, large));
        assertTrue(WinogradChoice.isByParts(ElementType.FLOAT, manyChannels, false));
        assertFalse(WinogradChoice.isByParts(ElementType.FLOAT, manyChannels, true));
        assertFalse(WinogradChoice.isByParts(ElementType.FLOAT, large, false));
        assertFalse(WinogradChoice.isByParts(ElementType.DOUBLE, manyChannels, false));
        assertFalse(WinogradChoice.isByParts(ElementType.FLOAT, new ConvShape(8, 512, 500, 1, NONE, axis(7, 1, 1), axis(7, 1, 1)), false));
        assertEquals(Optional.empty(), WinogradChoice.of(ElementType.FLOAT, new ConvShape(1, 3, 64, 1, NONE, axis(56, 1, 1),
                axis(56, 1, 1)), true));
    }
}
