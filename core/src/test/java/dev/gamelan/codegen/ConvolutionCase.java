package dev.gamelan.codegen;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.gamelan.ir.Derived;
import dev.gamelan.ir.Window;
import dev.gamelan.runtime.Pool;
import dev.gamelan.shape.Shape;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicIntegerArray;

/** A convolution whose result and gradients are compared with sums of products in double precision, on one, two and three threads. */
record ConvolutionCase(Shape x, Shape w, Window window, int groups) {
    private static final Pool ONE = new Pool(1);
    private static final Pool TWO = new Pool(2);
    private static final Pool THREE = new Pool(3);

    static void close() {
        TWO.close();
        THREE.close();
    }

    Shape y() {
        int rank = window.rank();
        return Shape.of(x.dim(0)).concat(window.output(x.slice(1, rank + 1), w.slice(0, rank))).concat(Shape.of(w.dim(-1)));
    }

    /** Extent {@code i} of three spatial axes. */
    private static int extent(Shape shape, int first, int rank, int i) {
        return i < 3 - rank ? 1 : shape.dim(first + i - (3 - rank));
    }

    private static int entry(List<Integer> list, int i, int otherwise) {
        return i < 3 - list.size() ? otherwise : list.get(i - (3 - list.size()));
    }

    private interface Body {
        void at(int x, int w, int y);
    }

    /** Visits each product of the convolution. */
    private void forEach(Body body) {
        int rank = window.rank();
        int[] in = new int[3];
        int[] kernel = new int[3];
        int[] out = new int[3];
        for (int i = 0; i < 3; i++) {
            in[i] = extent(x, 1, rank, i);
            kernel[i] = extent(w, 0, rank, i);
            out[i] = extent(y(), 1, rank, i);
        }
        int channels = x.dim(-1);
        int filters = w.dim(-1);
        int cg = channels / groups;
        int ng = filters / groups;
        for (int b = 0; b < x.dim(0); b++) {
            for (int o = 0; o < out[0] * out[1] * out[2]; o++) {
                for (int t = 0; t < kernel[0] * kernel[1] * kernel[2]; t++) {
                    int z = position(o / out[2] / out[1], t / kernel[2] / kernel[1], 0);
                    int y = position(o / out[2] % out[1], t / kernel[2] % kernel[1], 1);
                    int p = position(o % out[2], t % kernel[2], 2);
                    if (z < 0 || z >= in[0] || y < 0 || y >= in[1] || p < 0 || p >= in[2]) {
                        continue;
                    }
                    for (int f = 0; f < filters; f++) {
                        for (int c = 0; c < cg; c++) {
                            body.at((((b * in[0] + z) * in[1] + y) * in[2] + p) * channels + f / ng * cg + c,
                                    (t * cg + c) * filters + f, (b * out[0] * out[1] * out[2] + o) * filters + f);
                        }
                    }
                }
            }
        }
    }

    private int position(int o, int tap, int axis) {
        return o * entry(window.stride(), axis, 1) - entry(window.padLow(), axis, 0) + tap * entry(window.dilation(), axis, 1);
    }

    void check() {
        float[] x = noise(this.x.length(), 1);
        float[] w = noise(this.w.length(), 2);
        float[] gy = noise(y().length(), 3);
        double[] y = new double[gy.length];
        double[] gx = new double[x.length];
        double[] gw = new double[w.length];
        forEach((i, j, o) -> {
            y[o] += (double) x[i] * w[j];
            gx[i] += (double) gy[o] * w[j];
            gw[j] += (double) x[i] * gy[o];
        });
        Lanes lanes = Lanes.preferred(ElementType.FLOAT);
        check("forward", Convolution.forward(lanes, ElementType.FLOAT, this.x, this.w, window, groups, false), x, w, y,
                this.w.dim(-1));
        check("input gradient", Convolution.inputGradient(lanes, ElementType.FLOAT, this.x, this.w, window, groups, false), gy, w,
                gx, this.x.dim(-1));
        check("kernel gradient", Convolution.kernelGradient(lanes, ElementType.FLOAT, this.x, this.w, window, groups), x,
                gy, gw, 0);
        if (Convolution.readsPlanes(ElementType.FLOAT, this.x, this.w, window, groups)) {
            Convolution.Run ofPlanes = Convolution.forwardOfPlanes(lanes, ElementType.FLOAT, this.x, this.w, window, groups);
            check("forward of planes", ofPlanes, channelsFirst(x), w, y, this.w.dim(-1));
            assertArrayEquals(
                    run(Convolution.forward(lanes, ElementType.FLOAT, this.x, this.w, window, groups, false), TWO, x, w, gy.length),
                    run(ofPlanes, TWO, channelsFirst(x), w, gy.length), "planes of " + this);
        }
    }

    /** Minimal filtering along lines, whether it is chosen or not, in each form. */
    void checkLines() {
        float[] x = noise(this.x.length(), 1);
        float[] w = noise(this.w.length(), 2);
        double[] y = new double[y().length()];
        forEach((i, j, o) -> y[o] += (double) x[i] * w[j]);
        ConvShape shape = ConvShape.of(this.x, this.w, window, groups);
        for (WinogradPoints points : WinogradPoints.values()) {
            for (int piece = 2; piece < points.count(); piece++) {
                checkLines(WinogradLineTiles.of(shape, points, piece), shape, x, w, y);
            }
        }
    }

    private void checkLines(WinogradLineTiles tiles, ConvShape shape, float[] x, float[] w, double[] y) {
        float[] first = null;
        for (Lanes lanes : Forms.all(ElementType.FLOAT)) {
            Convolution.Run run = new WinogradLines(lanes, ElementType.FLOAT, shape, tiles);
            check(tiles.toString(), run, x, w, y, this.w.dim(-1));
            float[] result = run(run, TWO, x, w, y.length);
            first = first == null ? result : first;
            assertArrayEquals(first, result, this + " " + tiles + " " + lanes);
        }
    }

    private float[] channelsFirst(float[] images) {
        int channels = this.x.dim(-1);
        int pixels = this.x.length() / Math.max(1, this.x.dim(0)) / channels;
        float[] result = new float[images.length];
        for (int i = 0; i < images.length; i++) {
            result[(i / channels / pixels * channels + i % channels) * pixels + i / channels % pixels] = images[i];
        }
        return result;
    }

    /** In each form, the same bits. */
    void checkForms() {
        float[] x = noise(this.x.length(), 1);
        float[] w = noise(this.w.length(), 2);
        float[] gy = noise(y().length(), 3);
        float[][] first = null;
        for (Lanes lanes : Forms.all(ElementType.FLOAT)) {
            float[][] results = {
                    run(Convolution.forward(lanes, ElementType.FLOAT, this.x, this.w, window, groups, false), TWO, x, w, gy.length),
                    run(Convolution.inputGradient(lanes, ElementType.FLOAT, this.x, this.w, window, groups, false), TWO, gy, w,
                            x.length),
                    run(Convolution.kernelGradient(lanes, ElementType.FLOAT, this.x, this.w, window, groups), TWO, x, gy, w.length)};
            first = first == null ? results : first;
            for (int i = 0; i < 3; i++) {
                assertArrayEquals(first[i], results[i], this + " direction " + i + " " + lanes);
            }
        }
    }

    private static float[] run(Convolution.Run run, Pool pool, float[] left, float[] right, int length) {
        float[] result = new float[length];
        run.run(pool, left, 0, right, 0, result, 0, null);
        return result;
    }

    private void check(String what, Convolution.Run run, float[] left, float[] right, double[] expected, int channels) {
        float[] first = new float[expected.length];
        double largest = Arrays.stream(expected).map(Math::abs).max().orElse(0);
        // Sums over thousands of pixels are large; what minimal filtering may be off is in proportion to the largest of them.
        double tolerance = Math.max(1e-4, 1e-5 * largest);
        for (Pool pool : List.of(ONE, TWO, THREE)) {
            float[] padded = noise(expected.length + 10, 4);
            AtomicIntegerArray pixels = new AtomicIntegerArray(expected.length + 1);
            run.run(pool, shifted(left), 3, shifted(right), 3, padded, 5, channels == 0 ? null : (from, to) -> {
                for (int i = from; i < to; i++) {
                    pixels.incrementAndGet(i);
                }
            });
            for (int i = 0; channels > 0 && i < expected.length / channels; i++) {
                assertEquals(1, pixels.get(i), "reports of pixel " + i + ", " + what + " " + this);
            }
            float[] noise = noise(expected.length + 10, 4);
            for (int i = 0; i < expected.length; i++) {
                int at = i;
                assertEquals(expected[i], padded[i + 5], tolerance, () -> what + " " + this + " at " + at);
                if (pool == ONE) {
                    first[i] = padded[i + 5];
                }
                assertEquals(first[i], padded[i + 5], 0f, () -> what + " " + this + " on " + pool.workers() + " threads");
                noise[i + 5] = padded[i + 5];
            }
            assertArrayEquals(noise, padded, what + " wrote beside its result");
            checkDerived(what, run, pool, left, right, first);
        }
    }

    /** With what was kept of the right array, and after it has changed. */
    private void checkDerived(String what, Convolution.Run run, Pool pool, float[] left, float[] right, float[] expected) {
        Derived derived = new Derived(true);
        float[] changing = noise(right.length, 5);
        float[] result = new float[expected.length];
        run.run(pool, left, 0, changing, 0, result, 0, null, derived);
        System.arraycopy(right, 0, changing, 0, right.length);
        derived.change();
        for (int repeat = 0; repeat < 2; repeat++) {
            run.run(pool, left, 0, changing, 0, result, 0, null, derived);
            assertArrayEquals(expected, result, what + " of " + this + " with what was kept");
        }
    }

    private static float[] shifted(float[] array) {
        float[] result = new float[array.length + 3];
        System.arraycopy(array, 0, result, 3, array.length);
        return result;
    }

    private static float[] noise(int length, int seed) {
        Random random = new Random(seed);
        float[] result = new float[length];
        for (int i = 0; i < length; i++) {
            result[i] = random.nextFloat() - 0.5f;
        }
        return result;
    }
}
