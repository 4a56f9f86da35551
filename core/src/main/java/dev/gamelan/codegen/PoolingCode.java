package dev.gamelan.codegen;

import dev.gamelan.codegen.Value.Form;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The compiled form of one window of a pooling operation, over all channels. */
interface PoolingCode {

    /** What happens in a window. */
    enum Kind {
        /** out = the largest of x. */
        MAX,
        /** out = the second operand at the first largest x. */
        PICK,
        /** At the first largest x, out += the second operand, which has one value per window. */
        MAX_GRADIENT,
        /** out = the sum of x. */
        SUM,
        /** Everywhere in the window, out += x, which has one value per window. */
        SUM_GRADIENT
    }

    /**
     * @param x where windows are found, but for {@link Kind#SUM_GRADIENT}, whose x has one value per window
     * @param second the second operand, or x again where there is none
     * @param taps where each element of the window lies, from the bases of what has windows
     */
    void run(Object x, Object second, Object out, int xBase, int secondBase, int outBase, int[] taps, int count, int channels);

    /** The code for a kind and type on vectors of a width. */
    static PoolingCode of(Kind kind, ElementType type, int vectorBits) {
        return Cache.CODE.computeIfAbsent(new Cache.Key(kind, type, vectorBits), key -> KernelClass.define(PoolingCode.class,
                "Pooling" + key.kind() + key.type(), Lanes.ofBits(vectorBits, type), asm -> new Emitter(asm, key.type()).emit(key.kind())));
    }

    /** Compiled code by what it does. */
    final class Cache {
        private record Key(Kind kind, ElementType type, int vectorBits) {}

        private static final Map<Key, PoolingCode> CODE = new ConcurrentHashMap<>();

        private Cache() {}
    }

    /** Writes the loops: channels outside, in lanes; the elements of the window inside. */
    final class Emitter {

        private final Assembler asm;
        private final MemoryCode memory;
        private final ElementType type;
        private final Value x;
        private final Value second;
        private final Value out;
        private final Value xBase;
        private final Value secondBase;
        private final Value outBase;
        private final Value taps;
        private final Value count;

        Emitter(Assembler asm, ElementType type) {
            this.asm = asm;
            this.memory = asm.memory();
            this.type = type;
            this.x = array(0);
            this.second = array(1);
            this.out = array(2);
            this.xBase = asm.intParameter(3);
            this.secondBase = asm.intParameter(4);
            this.outBase = asm.intParameter(5);
            this.taps = asm.parameter(6, Form.ARRAY, ElementType.INT);
            this.count = asm.intParameter(7);
        }

        private Value array(int parameter) {
            asm.push(asm.parameter(parameter, Form.OBJECTS, type));
            asm.code().checkcast(type.arrayClass());
            return asm.pop(Form.ARRAY, type);
        }

        void emit(Kind kind) {
            asm.forLanes(asm.constant(0), asm.intParameter(8), channel -> {
                switch (kind) {
                    case MAX -> memory.store(out, asm.add(outBase, channel), largest(channel).value());
                    case PICK -> pick(channel);
                    case MAX_GRADIENT -> maxGradient(channel);
                    case SUM -> sum(channel);
                    case SUM_GRADIENT -> sumGradient(channel);
                }
            });
        }

        /** The largest element and the number of the first tap that has it. */
        private record Largest(Value value, Value tap) {}

        private Largest largest(Value channel) {
            Value value = asm.variable(asm.lanesOf(type, Double.NEGATIVE_INFINITY));
            Value tap = asm.variable(asm.lanesOf(type, 0));
            asm.forRange(count, t -> {
                Value next = memory.load(x, at(xBase, t, channel));
                Value nan = asm.and(asm.compare(Comparison.NE, next, next), asm.compare(Comparison.EQ, value, value));
                Value larger = asm.or(asm.compare(Comparison.GT, next, value), nan);
                asm.assign(tap, asm.select(larger, asm.broadcast(asm.convert(t, type)), tap));
                asm.assign(value, asm.select(larger, next, value));
            });
            return new Largest(value, tap);
        }

        private Value at(Value base, Value tap, Value channel) {
            return asm.add(asm.add(base, memory.loadScalar(taps, tap)), channel);
        }

        private void pick(Value channel) {
            Value first = largest(channel).tap();
            Value result = asm.variable(asm.lanesOf(type, 0));
            asm.forRange(count, t -> {
                Value hit = asm.compare(Comparison.EQ, first, asm.convert(t, type));
                asm.assign(result, asm.select(hit, memory.load(second, at(secondBase, t, channel)), result));
            });
            memory.store(out, asm.add(outBase, channel), result);
        }

        private void maxGradient(Value channel) {
            Value first = largest(channel).tap();
            Value gradient = memory.load(second, asm.add(secondBase, channel));
            asm.forRange(count, t -> {
                Value hit = asm.compare(Comparison.EQ, first, asm.convert(t, type));
                Value place = at(outBase, t, channel);
                memory.store(out, place, asm.add(memory.load(out, place), asm.select(hit, gradient, asm.lanesOf(type, 0))));
            });
        }

        private void sum(Value channel) {
            Value total = asm.variable(asm.lanesOf(type, 0));
            asm.forRange(count, t -> asm.assign(total, asm.add(total, memory.load(x, at(xBase, t, channel)))));
            memory.store(out, asm.add(outBase, channel), total);
        }

        private void sumGradient(Value channel) {
            Value gradient = memory.load(x, asm.add(xBase, channel));
            asm.forRange(count, t -> {
                Value place = at(outBase, t, channel);
                memory.store(out, place, asm.add(memory.load(out, place), gradient));
            });
        }
    }
}
