package dev.gamelan.codegen;

import dev.gamelan.codegen.Value.Form;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** An emitted kernel that transposes a matrix square by square in registers, each with as many rows as a vector has lanes. */
final class TransposeKernel {
    /**
     * Element (i, j) is {@code from + i + j * fromStep} in the source and {@code to + i * toStep + j} in the target. There are as many of both as a
     * square has at least; the last squares are moved back over what is copied already.
     *
     * @param between room for a square
     */
    interface Run {
        void run(Object source, int from, int fromStep, Object target, int to, int toStep, int height, int width, Object between);
    }

    private record Key(ElementType type, Lanes lanes) {}

    private static final Map<Key, Warm<Run>> KERNELS = new ConcurrentHashMap<>();

    private TransposeKernel() {}

    static Warm<Run> of(ElementType type, Lanes lanes) {
        return KERNELS.computeIfAbsent(new Key(type, lanes), TransposeKernel::start);
    }

    private static Warm<Run> start(Key key) {
        int side = key.lanes().count();
        int extent = 2 * side;
        Object source = key.type().newArray(extent * extent);
        Object target = key.type().newArray(extent * extent);
        Object between = key.type().newArray(side * side);
        return Warm.later(() -> Warm.define(Run.class, "Transpose" + key.type(), key.lanes(), k -> emit(k, key.type())),
                (kernel, number) -> kernel.run(source, 0, extent, target, 0, extent, Warm.isInterpreted(number) ? 0 : extent - number % 2,
                        extent, between));
    }

    static void emit(Assembler k, ElementType type) {
        int side = k.lanes().count();
        Value source = k.memory().array(k.parameter(0, Form.OBJECTS, type), type);
        Value target = k.memory().array(k.parameter(3, Form.OBJECTS, type), type);
        Value between = k.memory().array(k.parameter(8, Form.OBJECTS, type), type);
        Value fromStep = k.intParameter(2);
        Value toStep = k.intParameter(5);
        Value lastRow = k.sub(k.intParameter(6), k.constant(side));
        Value lastColumn = k.sub(k.intParameter(7), k.constant(side));
        k.forRange(k.constant(0), k.intParameter(6), side, ownRow -> {
            Value row = k.min(ownRow, lastRow);
            Value from = k.add(k.intParameter(1), row);
            Value to = k.add(k.intParameter(4), k.mul(row, toStep));
            k.forRange(k.constant(0), k.intParameter(7), side, ownColumn -> {
                Value column = k.min(ownColumn, lastColumn);
                square(k, source, k.add(from, k.mul(column, fromStep)), fromStep, target, k.add(to, column), toStep, between);
            });
        });
    }

    private static void square(Assembler k, Value source, Value from, Value fromStep, Value target, Value to, Value toStep, Value between) {
        int side = k.lanes().count();
        if (side <= PackKernels.MOST_INTERLEAVED) {
            PackKernels.exchange(k, source, from, fromStep, target, to, toStep, side, 1);
            return;
        }
        // Squares of a few lanes first, then the squares of these.
        int few = PackKernels.ROUND;
        Value far = k.mul(fromStep, few);
        k.forRange(k.constant(few), part -> PackKernels.exchange(k, source, k.add(from, k.mul(far, part)), fromStep, between,
                k.mul(part, few * side), k.constant(side), few, 1));
        Value apart = k.mul(toStep, few);
        k.forRange(k.constant(few), part -> PackKernels.exchange(k, between, k.mul(part, side), k.constant(few * side), target,
                k.add(to, k.mul(toStep, part)), apart, few, few));
    }
}
