package dev.gamelan.codegen;

import dev.gamelan.codegen.Value.Form;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Emitted kernels of the gradients of kernels of each channel by itself, for a fixed number of taps, and what they share with
 * {@link DepthwiseSum}. Channels are in lanes, taps in registers. In groups of several channels, each of these counts as a tap.
 */
final class DepthwiseKernels {
    /** Sums of a kernel. */
    private static final int MOST_SUMS = 9;
    /** Taps of a gradient's kernel with masks, which cost HotSpot's first compiler much; moved element by element where there are none. */
    private static final int MOST_MASKED = 4;
    private static final int MOST_SCALAR_TAIL = 2;
    private static final int WARM_CHANNELS = 32;
    private static final int WARM_PIXELS = 8;

    private static final Map<Key, Warm<Gradient>> KERNELS = new ConcurrentHashMap<>();

    private DepthwiseKernels() {
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

    private record Key(ElementType type, Lanes lanes, int taps, boolean masked) {
        String name() {
            return type.toString() + taps + (masked ? "Masked" : "");
        }
    }

    /** Whether channels fill no vector, so that there are masks. */
    static boolean isMasked(Lanes lanes, int channels) {
        return channels < lanes.count();
    }

    /** The most taps of a {@link Gradient}. */
    static int mostSums(Lanes lanes, int channels) {
        return !isMasked(lanes, channels) ? MOST_SUMS : lanes.maskedMemory() ? MOST_MASKED : MOST_SCALAR_TAIL;
    }

    static Warm<Gradient> gradient(ElementType type, Lanes lanes, int channels, int taps) {
        return KERNELS.computeIfAbsent(new Key(type, lanes, taps, isMasked(lanes, channels)), DepthwiseKernels::defineGradient);
    }

    private static Warm<Gradient> defineGradient(Key key) {
        int channels = warmChannels(key.lanes(), key.masked());
        Object x = key.type().newArray(WARM_CHANNELS * WARM_PIXELS);
        Object gw = key.type().newArray(WARM_CHANNELS * key.taps());
        int[] places = new int[key.taps()];
        int[] pixels = new int[WARM_PIXELS];
        return Warm.start(
                () -> Warm.define(Gradient.class, "DepthwiseGradient" + key.name(), key.lanes(), k -> emitGradient(k, key)),
                (kernel, _) -> kernel.run(x, 0, pixels, places, x, 0, channels, gw, 0, WARM_CHANNELS, WARM_PIXELS, channels));
    }

    /** Channels of the calls that warm a kernel up. */
    static int warmChannels(Lanes lanes, boolean masked) {
        return masked ? lanes.count() - 1 : WARM_CHANNELS;
    }

    static Value array(Assembler k, int parameter, ElementType type) {
        return k.memory().array(k.parameter(parameter, Form.OBJECTS, type), type);
    }

    /** Entries of an array of offsets, each added to a base. */
    private static Value[] places(Assembler k, int parameter, int count, Value base) {
        Value array = k.parameter(parameter, Form.ARRAY, ElementType.INT);
        Value[] result = new Value[count];
        Arrays.setAll(result, t -> k.add(base, k.memory().loadScalar(array, t)));
        return result;
    }

    interface ChannelBody {
        /** @param own where the vector would begin if it were not moved back */
        void accept(Value channel, Value own);
    }

    /** Vectors of channels; without masks, the last of them is moved back over channels that are done already. */
    static void forChannels(Assembler k, boolean masked, Value channels, ChannelBody body) {
        if (masked) {
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
        forChannels(k, key.masked(), k.intParameter(11), (channel, own) -> {
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
