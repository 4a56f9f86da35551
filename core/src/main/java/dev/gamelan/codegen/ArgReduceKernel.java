package dev.gamelan.codegen;

import dev.gamelan.codegen.Value.Form;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** An emitted kernel that finds the places of the first extremes of lines of floats that lie side by side; a number that is none is the extreme. */
final class ArgReduceKernel {
    /** The longest lines whose places are floats. */
    static final int MOST = 1 << 24;

    /** Element i of line l is {@code from + i * step + l}; its place goes to {@code to + l}. */
    interface Find {
        void run(float[] values, int from, int step, int[] places, int to, int extent, int lines);
    }

    private record Key(Lanes lanes, boolean largest) {}

    private static final Map<Key, Warm<Find>> KERNELS = new ConcurrentHashMap<>();
    /** Enough for some vectors of any width, and a tail. */
    private static final int WARMING = 72;
    private static final int WARM_EXTENT = 4;

    private ArgReduceKernel() {}

    static Warm<Find> of(Lanes lanes, boolean largest) {
        return KERNELS.computeIfAbsent(new Key(lanes, largest), ArgReduceKernel::start);
    }

    private static Warm<Find> start(Key key) {
        float[] values = new float[WARM_EXTENT * WARMING];
        int[] places = new int[WARMING];
        return Warm.later(
                () -> Warm.define(Find.class, "ArgReduce" + (key.largest() ? "Max" : "Min"), key.lanes(), k -> emit(k, key.largest())),
                (kernel, number) -> kernel.run(values, 0, WARMING, places, 0, WARM_EXTENT, Warm.isInterpreted(number) ? 0 : WARMING));
    }

    static void emit(Assembler k, boolean largest) {
        Value values = k.parameter(0, Form.ARRAY, ElementType.FLOAT);
        Value places = k.parameter(3, Form.ARRAY, ElementType.INT);
        k.forLanes(k.constant(0), k.intParameter(6), line -> {
            Value at = k.variable(k.add(k.intParameter(1), line));
            Value extreme = k.variable(k.memory().load(values, at));
            Value place = k.variable(k.lanesOf(ElementType.FLOAT, 0));
            k.forRange(k.constant(1), k.intParameter(5), 1, i -> {
                k.assign(at, k.add(at, k.intParameter(2)));
                Value next = k.memory().load(values, at);
                Value no = k.compare(largest ? Comparison.LE : Comparison.GE, next, extreme);
                Value better = k.and(k.compare(Comparison.EQ, extreme, extreme), k.not(no));
                k.assign(place, k.select(better, k.broadcast(k.convert(i, ElementType.FLOAT)), place));
                k.assign(extreme, k.select(better, next, extreme));
            });
            k.memory().store(places, k.add(k.intParameter(4), line), k.convert(place, ElementType.INT));
        });
    }
}
