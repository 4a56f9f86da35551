package dev.gamelan.codegen;

import dev.gamelan.codegen.Value.Form;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** An emitted kernel that adds rows of floats to the rows that indices name, in their order. */
final class ScatterKernel {

    /** Adds {@code length} elements of each of {@code count} rows, which begin {@code step} apart in both arrays. */
    interface Add {
        void run(float[] source, int from, float[] target, int to, int[] indices, int offset, int count, int step, int length);
    }

    private static final Map<Lanes, Warm<Add>> KERNELS = new ConcurrentHashMap<>();
    /** Enough for some vectors of any width, and a tail. */
    private static final int WARMING = 72;

    private ScatterKernel() {}

    static Warm<Add> of(Lanes lanes) {
        return KERNELS.computeIfAbsent(lanes, ScatterKernel::start);
    }

    private static Warm<Add> start(Lanes lanes) {
        float[] source = new float[2 * WARMING];
        float[] target = new float[2 * WARMING];
        int[] indices = {1, 0};
        return Warm.later(() -> Warm.define(Add.class, "Scatter", lanes, ScatterKernel::emit), (kernel, number) -> kernel.run(source, 0,
                target, 0, indices, 0, Warm.isInterpreted(number) ? 1 : 2, WARMING, Warm.isInterpreted(number) ? 16 : WARMING));
    }

    static void emit(Assembler k) {
        Value source = k.parameter(0, Form.ARRAY, ElementType.FLOAT);
        Value target = k.parameter(2, Form.ARRAY, ElementType.FLOAT);
        Value indices = k.parameter(4, Form.ARRAY, ElementType.INT);
        Value step = k.intParameter(7);
        k.forRange(k.intParameter(6), i -> {
            Value index = k.memory().loadScalar(indices, k.add(k.intParameter(5), i));
            Value from = k.add(k.intParameter(1), k.mul(i, step));
            Value to = k.add(k.intParameter(3), k.mul(index, step));
            k.forLanes(k.constant(0), k.intParameter(8), j -> {
                Value at = k.add(to, j);
                k.memory().store(target, at, k.add(k.memory().load(source, k.add(from, j)), k.memory().load(target, at)));
            });
        });
    }
}
