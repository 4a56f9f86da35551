package dev.gamelan.codegen;

import dev.gamelan.codegen.Value.Form;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/** Emitted kernels of convolutions of each channel by itself, for a fixed number of taps. Channels are in lanes, taps in registers. */
final class DepthwiseKernels {
    /** Taps of one kernel: so many weights, or sums, fit the registers and what HotSpot compiles well. */
    private static final int MOST_TAPS = 9;
    /** As {@link #MOST_TAPS}, of a {@link Sum} that needs no masks. */
    static final int MOST_WHOLE_TAPS = 25;
    private static final int WARM_CHANNELS = 32;
    private static final int WARM_PIXELS = 8;

    private static final Map<Key, Warm<?>> KERNELS = new ConcurrentHashMap<>();

    private DepthwiseKernels() {
    }

    /** Sums over the taps for a row of pixels. */
    interface Sum {
        /**
         * y[p, c] (=|+=) the sum over t of x[p, c, t] w[c, t], with p, c, t at {@code xOffset + p * xStep + c + xPlaces[t]}, at
         * {@code wOffset + c + wPlaces[t]} and at {@code yOffset + p * yStep + c}: one chain in the order of taps, from y or from 0.
         */
        void run(Object x, int xOffset, int xStep, int[] xPlaces, Object w, int wOffset, int[] wPlaces, Object y, int yOffset, int yStep,
                int pixels, int channels, boolean accumulate);
    }

    /** Sums over pixels for each tap. */
    interface Gradient {
        /**
         * gw[t, c] += the sum over p of x[p, c, t] gy[p, c], with p, c, t at {@code xOffset + pixelPlaces[p] + c + xPlaces[t]}, at
         * {@code gyOffset + p * channels + c} and at {@code gwOffset + t * channels + c}.
         */
        void run(Object x, int xOffset, int[] pixelPlaces, int[] xPlaces, Object gy, int gyOffset, Object gw, int gwOffset, int pixels,
                int channels);
    }

    /** Taps of one kernel with masks; loads and stores element by element are long. */
    static int mostTaps(Lanes lanes) {
        return lanes.isVector() && !lanes.maskedMemory() ? MOST_TAPS / 4 : MOST_TAPS;
    }

    /** A kernel that is brought to full speed in the background. */
    record Warm<T>(T kernel, WarmUp warmUp) {
    }

    private record Key(Class<?> kind, ElementType type, Lanes lanes, int taps, boolean masked) {
    }

    /** @param whole whether there are as many channels as lanes, and y is never added to: no masks then */
    static Warm<Sum> sum(ElementType type, Lanes lanes, int taps, boolean whole) {
        Key key = new Key(Sum.class, type, lanes, taps, !whole);
        @SuppressWarnings("unchecked")
        Warm<Sum> result = (Warm<Sum>) KERNELS.computeIfAbsent(key, DepthwiseKernels::defineSum);
        return result;
    }

    static Warm<Gradient> gradient(ElementType type, Lanes lanes, int taps) {
        @SuppressWarnings("unchecked")
        Warm<Gradient> result = (Warm<Gradient>) KERNELS.computeIfAbsent(new Key(Gradient.class, type, lanes, taps, true),
                DepthwiseKernels::defineGradient);
        return result;
    }

    private static Warm<Sum> defineSum(Key key) {
        Sum kernel = KernelClass.define(Sum.class, "Depthwise" + key.type() + key.taps() + (key.masked() ? "Masked" : ""), key.lanes(),
                k -> emitSum(k, key));
        Object x = key.type().newArray(WARM_CHANNELS * WARM_PIXELS);
        Object y = key.type().newArray(WARM_CHANNELS * WARM_PIXELS);
        int[] places = new int[key.taps()];
        return new Warm<>(kernel, WarmUp.start(number -> kernel.run(x, 0, WARM_CHANNELS, places, x, 0, places, y, 0, WARM_CHANNELS, WARM_PIXELS,
                WARM_CHANNELS, key.masked() && number % 4 == 0)));
    }

    private static Warm<Gradient> defineGradient(Key key) {
        Gradient kernel = KernelClass.define(Gradient.class, "DepthwiseGradient" + key.type() + key.taps(), key.lanes(),
                k -> emitGradient(k, key));
        Object x = key.type().newArray(WARM_CHANNELS * WARM_PIXELS);
        Object gw = key.type().newArray(WARM_CHANNELS * key.taps());
        int[] places = new int[key.taps()];
        int[] pixels = new int[WARM_PIXELS];
        return new Warm<>(kernel, WarmUp.start(_ -> kernel.run(x, 0, pixels, places, x, 0, gw, 0, WARM_PIXELS, WARM_CHANNELS)));
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
        Value y = array(k, 7, key.type());
        Value accumulate = k.parameter(12, Form.CONDITION, ElementType.INT);
        Value[] taps = places(k, 3, key.taps(), k.intParameter(1));
        Value[] weightPlaces = places(k, 6, key.taps(), k.intParameter(5));
        forChannels(k, key.masked(), k.intParameter(11), channel -> {
            Value[] weights = new Value[key.taps()];
            Arrays.setAll(weights, t -> k.memory().load(w, k.add(weightPlaces[t], channel)));
            Value from = k.variable(channel);
            Value to = k.variable(k.add(k.intParameter(8), channel));
            k.forRange(k.intParameter(10), p -> {
                Value sum = k.variable(k.lanesOf(key.type(), 0));
                if (key.masked()) {
                    k.when(accumulate, () -> k.assign(sum, k.memory().load(y, to)));
                }
                for (int t = 0; t < key.taps(); t++) {
                    k.assign(sum, k.fma(k.memory().load(x, k.add(taps[t], from)), weights[t], sum));
                }
                k.memory().store(y, to, sum);
                k.assign(from, k.add(from, k.intParameter(2)));
                k.assign(to, k.add(to, k.intParameter(9)));
            });
        });
    }

    /** Vectors of channels; without masks, the last of them is moved back over channels that are done already. */
    private static void forChannels(Assembler k, boolean masked, Value channels, Consumer<Value> body) {
        if (masked) {
            k.forMaskedLanes(k.constant(0), channels, body);
        } else {
            Value last = k.sub(channels, k.constant(k.lanes().count()));
            k.forRange(k.constant(0), channels, k.lanes().count(), start -> body.accept(k.min(start, last)));
        }
    }

    private static void emitGradient(Assembler k, Key key) {
        Value x = array(k, 0, key.type());
        Value gy = array(k, 4, key.type());
        Value gw = array(k, 6, key.type());
        Value pixelPlaces = k.parameter(2, Form.ARRAY, ElementType.INT);
        Value[] taps = places(k, 3, key.taps(), k.intParameter(1));
        Value channels = k.intParameter(9);
        k.forMaskedLanes(k.constant(0), channels, channel -> {
            Value[] sums = new Value[key.taps()];
            Arrays.setAll(sums, t -> k.variable(k.lanesOf(key.type(), 0)));
            Value at = k.variable(k.add(k.intParameter(5), channel));
            k.forRange(k.intParameter(8), p -> {
                Value gradient = k.memory().load(gy, at);
                Value from = k.add(channel, k.memory().loadScalar(pixelPlaces, p));
                for (int t = 0; t < key.taps(); t++) {
                    k.assign(sums[t], k.fma(k.memory().load(x, k.add(taps[t], from)), gradient, sums[t]));
                }
                k.assign(at, k.add(at, channels));
            });
            Value to = k.variable(k.add(k.intParameter(7), channel));
            for (int t = 0; t < key.taps(); t++) {
                k.memory().store(gw, to, k.add(k.memory().load(gw, to), sums[t]));
                k.assign(to, k.add(to, channels));
            }
        });
    }
}
