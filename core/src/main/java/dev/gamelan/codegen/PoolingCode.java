package dev.gamelan.codegen;

import dev.gamelan.codegen.Value.Form;
import dev.gamelan.ir.Op;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** The compiled form of a row of windows of a pooling operation, over all channels. */
interface PoolingCode {

    /** What happens in a window. */
    enum Kind {
        /** out = the largest of x. */
        MAX(9),
        /** out = the second operand at the first largest x. */
        PICK(4),
        /** At the first largest x, out += the second operand, which has one value per window. */
        MAX_GRADIENT(4),
        /** As {@link #MAX_GRADIENT}, where windows do not overlap: the whole window of out is written. */
        MAX_GRADIENT_APART(4),
        /** out = the sum of x. */
        SUM(16),
        /** Everywhere in the window, out += x, which has one value per window. */
        SUM_GRADIENT(9),
        /** As {@link #SUM_GRADIENT}, where windows do not overlap: the whole window of out is written. */
        SUM_GRADIENT_APART(9);

        private final int mostUnrolled;

        Kind(int mostUnrolled) {
            this.mostUnrolled = mostUnrolled;
        }

        /** Whether out has windows, instead of one value per window. */
        boolean isGradient() {
            return this == MAX_GRADIENT || this == SUM_GRADIENT || isApart();
        }

        boolean isApart() {
            return this == MAX_GRADIENT_APART || this == SUM_GRADIENT_APART;
        }

        boolean isSumGradient() {
            return this == SUM_GRADIENT || this == SUM_GRADIENT_APART;
        }
    }

    /**
     * @param x where windows are found, but for gradients of sums, whose x has one value per window
     * @param second the second operand, or x again where there is none
     * @param xStep from one window's x to the next window's
     * @param taps where each element of the window lies, from the bases of what has windows
     */
    void run(Object x, Object second, Object out, int xBase, int secondBase, int outBase, int xStep, int secondStep, int outStep,
            int windows,
            int[] taps, int count, int channels);

    /** The code for a kind and type on vectors of a width, for windows of any number of elements. */
    static Warm<PoolingCode> of(Kind kind, ElementType type, int vectorBits) {
        return of(kind, type, vectorBits, 0);
    }

    /** The code for windows of {@code taps} elements: faster where they are few. */
    static Warm<PoolingCode> of(Kind kind, ElementType type, int vectorBits, int taps) {
        return Cache.CODE.computeIfAbsent(new Cache.Key(kind, type, vectorBits, taps <= kind.mostUnrolled ? taps : 0), Cache::emit);
    }

    /** Compiled code by what it does. */
    final class Cache {
        private static final int WARM_CHANNELS = 32;
        private static final int WARM_TAPS = 4;
        private static final int WARM_WINDOWS = 4;

        private record Key(Kind kind, ElementType type, int vectorBits, int taps) {}

        private static final Map<Key, Warm<PoolingCode>> CODE = new ConcurrentHashMap<>();

        private Cache() {}

        private static Warm<PoolingCode> emit(Key key) {
            ElementType type = key.type();
            int[] taps = new int[key.taps() > 0 ? key.taps() : WARM_TAPS];
            for (int t = 0; t < taps.length; t++) {
                taps[t] = t * WARM_CHANNELS;
            }
            int window = taps.length * WARM_CHANNELS;
            Object wide = type.newArray(WARM_WINDOWS * window);
            Object second = type.newArray(WARM_WINDOWS * window);
            Object out = type.newArray(WARM_WINDOWS * window);
            String name = "Pooling" + key.kind() + type + (key.taps() > 0 ? "x" + key.taps() : "");
            Supplier<PoolingCode> definition = () -> Warm.define(PoolingCode.class, name, Lanes.ofBits(key.vectorBits(), type),
                    asm -> new Emitter(asm, type, key.taps()).emit(key.kind()));
            Warm.Call<PoolingCode> call = (code, _) -> code.run(wide, second, out, 0, 0, 0, window, window, window, WARM_WINDOWS, taps,
                    taps.length, WARM_CHANNELS);
            return type == ElementType.FLOAT ? Warm.later(definition, call) : Warm.start(definition, call);
        }
    }

    /** Writes the loops: windows outside, then channels, in lanes; the elements of the window inside. */
    final class Emitter {

        private final Assembler asm;
        private final MemoryCode memory;
        private final ElementType type;
        private final Value x;
        private final Value second;
        private final Value out;
        private final Value taps;
        private final Value count;
        /** Where the elements of a window lie; empty where their number is not known. */
        private final Value[] unrolled;

        Emitter(Assembler asm, ElementType type, int unrolled) {
            this.asm = asm;
            this.memory = asm.memory();
            this.type = type;
            this.x = memory.array(asm.parameter(0, Form.OBJECTS, type), type);
            this.second = memory.array(asm.parameter(1, Form.OBJECTS, type), type);
            this.out = memory.array(asm.parameter(2, Form.OBJECTS, type), type);
            this.taps = asm.parameter(10, Form.ARRAY, ElementType.INT);
            this.count = asm.intParameter(11);
            this.unrolled = new Value[unrolled];
            for (int t = 0; t < unrolled; t++) {
                this.unrolled[t] = memory.loadScalar(taps, t);
            }
        }

        /** One window: where it begins in each array. */
        private record Bases(Value x, Value second, Value out) {}

        void emit(Kind kind) {
            asm.forRange(asm.intParameter(9), window -> {
                Bases bases = new Bases(base(window, 3), base(window, 4), base(window, 5));
                asm.forLanes(asm.constant(0), asm.intParameter(12), channel -> {
                    Bases at = new Bases(asm.add(bases.x(), channel), asm.add(bases.second(), channel), asm.add(bases.out(), channel));
                    switch (kind) {
                        case MAX -> max(at);
                        case PICK -> pick(at);
                        case MAX_GRADIENT -> maxGradient(at, false);
                        case MAX_GRADIENT_APART -> maxGradient(at, true);
                        case SUM -> sum(at);
                        case SUM_GRADIENT -> sumGradient(at, false);
                        case SUM_GRADIENT_APART -> sumGradient(at, true);
                    }
                });
            });
        }

        private Value base(Value window, int parameter) {
            return asm.add(asm.intParameter(parameter), asm.mul(window, asm.intParameter(parameter + 3)));
        }

        /** An element of the window: its number, in lanes and as an offset. */
        private record Tap(Value number, Value offset) {}

        private void forEachTap(Consumer<Tap> body) {
            if (unrolled.length > 0) {
                for (int t = 0; t < unrolled.length; t++) {
                    body.accept(new Tap(asm.lanesOf(type, t), unrolled[t]));
                }
            } else {
                asm.forRange(count, t -> body.accept(new Tap(asm.broadcast(asm.convert(t, type)), memory.loadScalar(taps, t))));
            }
        }

        /** Without masks, of which a whole window is too much for HotSpot's first compiler. */
        private void max(Bases at) {
            if (type == ElementType.FLOAT && asm.lanes().isVector()) {
                FloatExtreme extreme = new FloatExtreme(asm, Op.ReduceKind.MAX);
                forEachTap(tap -> extreme.add(0, memory.load(x, asm.add(at.x(), tap.offset()))));
                memory.store(out, at.out(), extreme.lanes());
                return;
            }
            Value largest = asm.variable(asm.lanesOf(type, Double.NEGATIVE_INFINITY));
            forEachTap(tap -> asm.assign(largest, asm.max(memory.load(x, asm.add(at.x(), tap.offset())), largest)));
            memory.store(out, at.out(), largest);
        }

        /** The number of the first tap that has the largest of a window; a value that is not a number is larger than all. */
        private Value largestTap(Value base) {
            Value value = asm.variable(asm.lanesOf(type, Double.NEGATIVE_INFINITY));
            Value number = asm.variable(asm.lanesOf(type, 0));
            forEachTap(tap -> {
                Value next = memory.load(x, asm.add(base, tap.offset()));
                Value larger = asm.and(asm.compare(Comparison.EQ, value, value), asm.not(asm.compare(Comparison.LE, next, value)));
                asm.assign(number, asm.select(larger, tap.number(), number));
                asm.assign(value, asm.select(larger, next, value));
            });
            return number;
        }

        private void pick(Bases at) {
            Value first = largestTap(at.x());
            Value result = asm.variable(asm.lanesOf(type, 0));
            forEachTap(tap -> {
                Value hit = asm.compare(Comparison.EQ, first, tap.number());
                asm.assign(result, asm.select(hit, memory.load(second, asm.add(at.second(), tap.offset())), result));
            });
            memory.store(out, at.out(), result);
        }

        private void maxGradient(Bases at, boolean apart) {
            Value first = largestTap(at.x());
            Value gradient = memory.load(second, at.second());
            Value zero = asm.lanesOf(type, 0);
            forEachTap(tap -> {
                Value hit = asm.compare(Comparison.EQ, first, tap.number());
                put(asm.add(at.out(), tap.offset()), asm.select(hit, gradient, zero), apart);
            });
        }

        private void put(Value place, Value value, boolean apart) {
            memory.store(out, place, apart ? value : asm.add(memory.load(out, place), value));
        }

        private void sum(Bases at) {
            Value total = asm.variable(asm.lanesOf(type, 0));
            forEachTap(tap -> asm.assign(total, asm.add(memory.load(x, asm.add(at.x(), tap.offset())), total)));
            memory.store(out, at.out(), total);
        }

        private void sumGradient(Bases at, boolean apart) {
            Value gradient = memory.load(x, at.x());
            forEachTap(tap -> put(asm.add(at.out(), tap.offset()), gradient, apart));
        }
    }
}
