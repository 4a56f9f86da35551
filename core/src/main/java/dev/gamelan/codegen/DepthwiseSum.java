package dev.gamelan.codegen;

import dev.gamelan.codegen.Value.Form;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;

/**
 * The innermost part of a convolution of each channel by itself: sums over taps for the pixels of some lines. Channels are in lanes, some pixels'
 * sums in registers; what is loaded of the image is used for all of these pixels that it is under. In groups of several channels, each of these
 * counts as a row of taps.
 */
interface DepthwiseSum {
    /**
     * y[l, p, c] = the sum over rows j and columns k of x[l, p, c, j, k] w[c, j, k]: one chain in the order of j, and of k within. They lie at
     * {@code xOffset + l * xLine + xRows[j] + p * xMove + k * reach + c}, at {@code wOffset + wRows[j] + k * weight + c} and at
     * {@code yOffset + l * yLine + p * yMove + c}.
     *
     * @param xMove that of the kernel's {@link Taps}, if these have one
     * @param pixels of a line, at least as many as the kernel computes at a time
     */
    void run(Object x, int xOffset, int xLine, int xMove, int[] xRows, Object w, int wOffset, int[] wRows, Object y, int yOffset, int yLine,
            int yMove, int rowFrom, int rowTo, int lines, int pixels, int channels);

    /**
     * Where the taps of a row are. These distances are constants of a kernel: as arguments, the address of each place would be one to keep, and
     * registers are few.
     *
     * @param columns taps
     * @param move from pixel to pixel; 0 where that is left to each call
     * @param reach from tap to tap
     * @param weight from the weights of a tap to those of the next
     */
    record Taps(int columns, int move, int reach, int weight) {
        private static final int MOST_COLUMNS = 9;

        /** Of which each row has one: nothing is shared by pixels, whose distance is left to each call. */
        static final Taps APART = new Taps(1, 0, 0, 0);

        int place(int pixel, int column) {
            return pixel * move + column * reach;
        }

        /** Whether neighboring pixels have taps in common, as few as one can keep in registers. */
        boolean areShared() {
            return columns <= MOST_COLUMNS && reach != 0 && move % reach == 0 && Math.abs(move / reach) < columns;
        }
    }

    /** The kernel that computes {@code pixels} pixels at a time. */
    static Warm<DepthwiseSum> of(ElementType type, Lanes lanes, int channels, Taps taps, int pixels) {
        if (type == ElementType.FLOAT) {
            EarlyDepthwise.begin();
        }
        return Cache.KERNELS.computeIfAbsent(new Cache.Key(type, lanes, taps, pixels, DepthwiseKernels.isMasked(lanes, channels)),
                Cache::define);
    }

    /** How many pixels of a row are best computed at a time. */
    static int pixelsAtATime(Lanes lanes, int channels, Taps taps, int row) {
        if (DepthwiseKernels.isMasked(lanes, channels)) {
            return Math.min(row, lanes.maskedMemory() ? Cache.MOST_MASKED : 1);
        }
        int most = Math.clamp(Cache.MOST_PRODUCTS / taps.columns(), 1, Cache.MOST_PIXELS);
        int best = Math.clamp(row, 1, Math.min(most, Cache.USUAL_PIXELS));
        int least = Cache.cost(row, best) * 15 / 16;
        for (int pixels = 1; pixels <= Math.min(row, most); pixels++) {
            if (Cache.cost(row, pixels) < least) {
                least = Cache.cost(row, pixels);
                best = pixels;
            }
        }
        return best;
    }

    /** Kernels by what they do. */
    final class Cache {
        /** Multiply-adds of a row of taps in a kernel that HotSpot compiles well, and sums that leave room for weights in registers. */
        private static final int MOST_PRODUCTS = 40;
        private static final int MOST_PIXELS = 10;
        /** Another number needs a kernel of its own. */
        private static final int USUAL_PIXELS = 8;
        /** Pixels at a time under a mask, which costs HotSpot's first compiler much. */
        private static final int MOST_MASKED = 4;
        /** What some pixels take beside their own time, in pixels. */
        private static final int OVERHEAD = 2;
        private static final int WARM_ROWS = 3;
        private static final int WARM_LINES = 2;

        private static final Map<Key, Warm<DepthwiseSum>> KERNELS = new ConcurrentHashMap<>();

        private Cache() {
        }

        private record Key(ElementType type, Lanes lanes, Taps taps, int pixels, boolean masked) {
        }

        private static int cost(int row, int pixels) {
            return Math.ceilDiv(row, pixels) * (pixels + OVERHEAD);
        }

        private static Warm<DepthwiseSum> define(Key key) {
            Taps taps = key.taps();
            int channels = DepthwiseKernels.warmChannels(key.lanes(), key.masked());
            int pixels = 2 * key.pixels();
            int first = taps.columns() * Math.abs(taps.reach());
            Object x = key.type().newArray(2 * first + pixels * taps.move() + channels);
            Object w = key.type().newArray(taps.columns() * Math.abs(taps.weight()) + channels);
            Object y = key.type().newArray(channels * pixels);
            int[] rows = new int[WARM_ROWS];
            String name = "Depthwise" + key.type() + taps.columns() + "by" + taps.move() + "and" + (taps.reach() < 0 ? "minus" : "")
                    + Math.abs(taps.reach()) + "x" + key.pixels() + (key.masked() ? "Masked" : "");
            return Warm.later(() -> Warm.define(DepthwiseSum.class, name, key.lanes(), k -> new Emitter(k, key).emit()),
                    (kernel, number) -> kernel.run(x, first, 0, taps.move(), rows, w, 0, rows, y, 0, 0, channels, 0,
                            Warm.isInterpreted(number) ? 0 : WARM_ROWS, WARM_LINES, pixels, channels));
        }
    }

    /** Writes the loops over channels, lines, pixels and rows of taps. */
    final class Emitter {
        private final Assembler k;
        private final Cache.Key key;
        private final Taps taps;
        private final Value x;
        private final Value w;
        private final Value y;

        private Emitter(Assembler k, Cache.Key key) {
            this.k = k;
            this.key = key;
            this.taps = key.taps();
            this.x = DepthwiseKernels.array(k, 0, key.type());
            this.w = DepthwiseKernels.array(k, 5, key.type());
            this.y = DepthwiseKernels.array(k, 8, key.type());
        }

        private void emit() {
            Value pixels = k.intParameter(15);
            Value last = k.sub(pixels, k.constant(key.pixels()));
            k.forRange(k.intParameter(14), line -> {
                Value lineFrom = k.add(k.intParameter(1), k.mul(line, k.intParameter(2)));
                Value lineTo = k.add(k.intParameter(9), k.mul(line, k.intParameter(10)));
                DepthwiseKernels.forChannels(k, key.masked(), k.intParameter(16), (channel, _) -> {
                    Value from = k.add(lineFrom, channel);
                    Value weights = k.add(k.intParameter(6), channel);
                    Value to = k.add(lineTo, channel);
                    // The last pixels are moved back over some that are done already.
                    k.forRange(k.constant(0), pixels, key.pixels(), own -> pixels(k.min(own, last), from, weights, to));
                });
            });
        }

        private void pixels(Value pixel, Value from, Value weights, Value to) {
            Value[] sums = new Value[key.pixels()];
            Arrays.setAll(sums, p -> k.variable(k.lanesOf(key.type(), 0)));
            rows(sums, k.add(from, k.mul(pixel, move())), weights);
            Value at = k.variable(k.add(to, k.mul(pixel, k.intParameter(11))));
            for (Value sum : sums) {
                k.memory().store(y, at, sum);
                k.assign(at, k.add(at, k.intParameter(11)));
            }
        }

        private boolean areApart() {
            return taps.equals(Taps.APART);
        }

        private Value move() {
            return areApart() ? k.intParameter(3) : k.constant(taps.move());
        }

        /** All rows of taps for some pixels. */
        private void rows(Value[] sums, Value from, Value weights) {
            Value xRows = k.parameter(4, Form.ARRAY, ElementType.INT);
            Value wRows = k.parameter(7, Form.ARRAY, ElementType.INT);
            k.forRange(k.intParameter(12), k.intParameter(13), 1, j -> {
                Value weight = k.add(weights, k.memory().loadScalar(wRows, j));
                Value[] factors = new Value[taps.columns()];
                Arrays.setAll(factors, c -> k.memory().load(w, k.add(weight, c * taps.weight())));
                Value at = k.add(from, k.memory().loadScalar(xRows, j));
                if (areApart()) {
                    addEach(sums, factors[0], at);
                } else {
                    addShared(sums, factors, at);
                }
            });
        }

        private void addEach(Value[] sums, Value factor, Value from) {
            Value at = k.variable(from);
            for (Value sum : sums) {
                k.assign(sum, k.fma(k.memory().load(x, at), factor, sum));
                k.assign(at, k.add(at, move()));
            }
        }

        /** What is loaded is used for all that it is under; in the direction of the taps, so that each sum gets them in their order. */
        private void addShared(Value[] sums, Value[] factors, Value at) {
            int[] places = IntStream.range(0, sums.length * taps.columns())
                    .map(i -> taps.place(i / taps.columns(), i % taps.columns())).distinct().sorted().toArray();
            for (int i = 0; i < places.length; i++) {
                add(sums, factors, places[taps.reach() > 0 ? i : places.length - 1 - i], at);
            }
        }

        /** What the place of an image is used for. */
        private void add(Value[] sums, Value[] factors, int place, Value at) {
            Value image = k.memory().load(x, k.add(at, place));
            for (int p = 0; p < sums.length; p++) {
                for (int c = 0; c < factors.length; c++) {
                    if (taps.place(p, c) == place) {
                        k.assign(sums[p], k.fma(image, factors[c], sums[p]));
                    }
                }
            }
        }
    }
}
