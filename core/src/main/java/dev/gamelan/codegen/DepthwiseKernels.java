package dev.gamelan.codegen;

import dev.gamelan.codegen.Value.Form;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Emitted kernels of convolutions of each channel by itself, for a fixed number of taps. Channels are in lanes, taps in registers. In
 * groups of several channels, each of these counts as a tap.
 */
final class DepthwiseKernels {
    /** Weights that fit the registers, in a kernel that HotSpot compiles well. */
    private static final int MOST_WEIGHTS = 25;
    /** Sums of a kernel. */
    private static final int MOST_SUMS = 9;
    /** Taps of a kernel with masks, which cost HotSpot's first compiler much; moved element by element where there are none. */
    private static final int MOST_MASKED = 4;
    private static final int MOST_SCALAR_TAIL = 2;
    private static final int WARM_CHANNELS = 32;
    private static final int WARM_PIXELS = 8;

    private static final Map<Key, Warm<?>> KERNELS = new ConcurrentHashMap<>();

    private DepthwiseKernels() {
    }

    /** Sums over the taps for a row of pixels. */
    interface Sum {
        /**
         * y[p, c] = before[p, c] + the sum over t of x[p, c, t] w[c, t], with p, c, t at {@code xOffset + p * xStep + c + xPlaces[t]}, at
         * {@code wOffset + c + wPlaces[t]} and at {@code p * yStep + c} of y and before: one chain in the order of taps.
         *
         * @param before other than y; without meaning where a kernel begins with 0
         */
        void run(Object x, int xOffset, int xStep, int[] xPlaces, Object w, int wOffset, int[] wPlaces, Object before, int beforeOffset,
                Object y, int yOffset, int yStep, int pixels, int channels);
    }

    /** Sums over pixels for each tap. */
    interface Gradient {
        /**
         * gw[t, c] += the sum over p of x[p, c, t] gy[p, c], with p, c, t at {@code xOffset + pixelPlaces[p] + c + xPlaces[t]}, at
         * {@code gyOffset + p * gyStep + c} and at {@code gwOffset + t * gwStep + c}; but the channels of the last vector, if they
         * do not fill it, with those before them that do, are at the next whole vector of gw.
         */
        void run(Object x, int xOffset, int[] pixelPlaces, int[] xPlaces, Object gy, int gyOffset, int gyStep, Object gw, int gwOffset,
                int gwStep, int pixels, int channels);
    }

    /** @param begins whether sums begin with 0 */
    private record Key(Class<?> kind, ElementType type, Lanes lanes, int taps, boolean masked, boolean begins) {
        String name() {
            return type.toString() + taps + (masked ? "Masked" : "") + (begins ? "" : "Continued");
        }
    }

    /** Whether channels fill no vector, so that there are masks. */
    private static boolean isMasked(Lanes lanes, int channels) {
        return channels < lanes.count();
    }

    private static int most(Lanes lanes, int channels, int unmasked) {
        return !isMasked(lanes, channels) ? unmasked : lanes.maskedMemory() ? MOST_MASKED : MOST_SCALAR_TAIL;
    }

    /** The most taps of a {@link Sum}. */
    static int mostWeights(Lanes lanes, int channels) {
        return most(lanes, channels, MOST_WEIGHTS);
    }

    /** The most taps of a {@link Gradient}. */
    static int mostSums(Lanes lanes, int channels) {
        return most(lanes, channels, MOST_SUMS);
    }

    static Warm<Sum> sum(ElementType type, Lanes lanes, int channels, int taps, boolean begins) {
        Key key = new Key(Sum.class, type, lanes, taps, isMasked(lanes, channels), begins);
        @SuppressWarnings("unchecked") Warm<Sum> result = (Warm<Sum>) KERNELS.computeIfAbsent(key, DepthwiseKernels::defineSum);
        return result;
    }

    static Warm<Gradient> gradient(ElementType type, Lanes lanes, int channels, int taps) {
        Key key = new Key(Gradient.class, type, lanes, taps, isMasked(lanes, channels), true);
        @SuppressWarnings("unchecked") Warm<Gradient> result = (Warm<Gradient>) KERNELS.computeIfAbsent(key,
                DepthwiseKernels::defineGradient);
        return result;
    }

    private static Warm<Sum> defineSum(Key key) {
        int channels = warmChannels(key);
        Object x = key.type().newArray(WARM_CHANNELS * WARM_PIXELS);
        Object y = key.type().newArray(WARM_CHANNELS * WARM_PIXELS);
        int[] places = new int[key.taps()];
        return Warm.later(() -> Warm.define(Sum.class, "Depthwise" + key.name(), key.lanes(), k -> emitSum(k, key)),
                (kernel, _) -> kernel.run(x, 0, channels, places, x, 0, places, x, 0, y, 0, channels, WARM_PIXELS, channels));
    }

    private static Warm<Gradient> defineGradient(Key key) {
        int channels = warmChannels(key);
        Object x = key.type().newArray(WARM_CHANNELS * WARM_PIXELS);
        Object gw = key.type().newArray(WARM_CHANNELS * key.taps());
        int[] places = new int[key.taps()];
        int[] pixels = new int[WARM_PIXELS];
        return Warm.start(
                () -> Warm.define(Gradient.class, "DepthwiseGradient" + key.name(), key.lanes(), k -> emitGradient(k, key)),
                (kernel, _) -> kernel.run(x, 0, pixels, places, x, 0, channels, gw, 0, WARM_CHANNELS, WARM_PIXELS, channels));
    }

    private static int warmChannels(Key key) {
        return key.masked() ? key.lanes().count() - 1 : WARM_CHANNELS;
    }

    private static Value array(Assembler k, int parameter, ElementType type) {
        return k.memory().array(k.parameter(parameter, Form.OBJECTS, type), type);
    }

    /** Entries of an array of offsets, each added to a base. */
    private static Value[] places(Assembler k, int parameter, int count, Value base) {
        Value array = k.parameter(parameter, Form.ARRAY, ElementType.INT);
        Value[] result = new Value[count];
        Arrays.setAll(result, t -> k.add(base, k.memory().loadScalar(array, t)));
        return result;
    }

    private static void emitSum(Assembler k, Key key) {
        Value x = array(k, 0, key.type());
        Value w = array(k, 4, key.type());
        Value before = array(k, 7, key.type());
        Value y = array(k, 9, key.type());
        Value[] taps = places(k, 3, key.taps(), k.intParameter(1));
        Value[] weightPlaces = places(k, 6, key.taps(), k.intParameter(5));
        forChannels(k, key, k.intParameter(13), (channel, _) -> {
            Value[] weights = new Value[key.taps()];
            Arrays.setAll(weights, t -> k.memory().load(w, k.add(weightPlaces[t], channel)));
            Value from = k.variable(channel);
            Value to = k.variable(channel);
            k.forRange(k.intParameter(12), p -> {
                Value sum = key.begins() ? k.lanesOf(key.type(), 0) : k.memory().load(before, k.add(k.intParameter(8), to));
                for (int t = 0; t < key.taps(); t++) {
                    sum = k.fma(k.memory().load(x, k.add(taps[t], from)), weights[t], sum);
                }
                k.memory().store(y, k.add(k.intParameter(10), to), sum);
                k.assign(from, k.add(from, k.intParameter(2)));
                k.assign(to, k.add(to, k.intParameter(11)));
            });
        });
    }

    private interface ChannelBody {
        /** @param own where the vector would begin if it were not moved back */
        void accept(Value channel, Value own);
    }

    /** Vectors of channels; without masks, the last of them is moved back over channels that are done already. */
    private static void forChannels(Assembler k, Key key, Value channels, ChannelBody body) {
        if (key.masked()) {
            k.forMaskedLanes(k.constant(0), channels, channel -> body.accept(channel, channel));
        } else {
            Value last = k.sub(channels, k.constant(k.lanes().count()));
            k.forRange(k.constant(0), channels, k.lanes().count(), own -> body.accept(k.min(own, last), own));
        }
    }

    private static void emitGradient(Assembler k, Key key) {
        Value x = array(k, 0, key.type());
        Value gy = array(k, 4, key.type());
        Value gw = array(k, 7, key.type());
        Value pixelPlaces = k.parameter(2, Form.ARRAY, ElementType.INT);
        Value[] taps = places(k, 3, key.taps(), k.intParameter(1));
        forChannels(k, key, k.intParameter(11), (channel, own) -> {
            Value[] sums = new Value[key.taps()];
            Arrays.setAll(sums, t -> k.variable(k.lanesOf(key.type(), 0)));
            Value at = k.variable(k.add(k.intParameter(5), channel));
            k.forRange(k.intParameter(10), p -> {
                Value gradient = k.memory().load(gy, at);
                Value from = k.add(channel, k.memory().loadScalar(pixelPlaces, p));
                for (int t = 0; t < key.taps(); t++) {
                    k.assign(sums[t], k.fma(k.memory().load(x, k.add(taps[t], from)), gradient, sums[t]));
                }
                k.assign(at, k.add(at, k.intParameter(6)));
            });
            Value to = k.variable(k.add(k.intParameter(8), own));
            for (int t = 0; t < key.taps(); t++) {
                k.memory().store(gw, to, k.add(k.memory().load(gw, to), sums[t]));
                k.assign(to, k.add(to, k.intParameter(9)));
            }
        });
    }
}
