package dev.gamelan.codegen;

import dev.gamelan.runtime.Allocation;
import dev.gamelan.runtime.Pool;
import java.util.Arrays;

/**
 * What this machine can do at most, measured in this process: what speeds of kernels are judged against.
 *
 * @param gigaflops 10^9 floating-point operations a second, of fused multiply-adds between registers
 * @param gigabytes 10^9 bytes a second, read and written, of scaling an array much larger than the caches
 */
public record Ceiling(double gigaflops, double gigabytes) {
    private static final int STEPS = 4096;
    private static final int UNROLL = 2;
    private static final long LEAST_NANOS = 100_000_000;
    private static final int STREAMED = 1 << 24;

    /** The register-only loop; public results keep it from being optimized away. */
    interface Arithmetic {
        float run(int steps);
    }

    /** The streaming loop. */
    interface Streaming {
        void run(float[] from, float[] to, int start, int end);
    }

    /** Measures for a second or so with all threads of {@code pool}. */
    public static Ceiling measure(Pool pool) {
        Lanes lanes = Lanes.preferred(ElementType.FLOAT);
        return new Ceiling(measureArithmetic(pool, lanes), measureStreaming(pool, lanes));
    }

    /** Measures arithmetic alone. */
    public static double gigaflops(Pool pool) {
        return measureArithmetic(pool, Lanes.preferred(ElementType.FLOAT));
    }

    private static double measureArithmetic(Pool pool, Lanes lanes) {
        int chains = lanes.isVector() ? 12 : 8;
        Arithmetic loop = KernelClass.define(Arithmetic.class, "CeilingArithmetic", lanes, k -> arithmetic(k, chains));
        float[] results = new float[pool.workers() * 32];
        Pool.Task task = (number, worker) -> results[number * 32] += loop.run(STEPS);
        warm(() -> results[0] += loop.run(64));
        double operations = 2.0 * STEPS * UNROLL * chains * lanes.count() * pool.workers();
        return operations / fastestNanos(() -> pool.run(pool.workers(), task));
    }

    private static void arithmetic(Assembler k, int chains) {
        Value factor = k.lanesOf(ElementType.FLOAT, 0.999);
        Value term = k.lanesOf(ElementType.FLOAT, 0.001);
        Value[] sums = new Value[chains];
        Arrays.setAll(sums, c -> k.variable(k.lanesOf(ElementType.FLOAT, c)));
        k.forRange(k.intParameter(0), i -> {
            for (int c = 0; c < UNROLL * chains; c++) {
                Value sum = sums[c % chains];
                k.assign(sum, k.fma(sum, factor, term));
            }
        });
        Value total = sums[0];
        for (int c = 1; c < chains; c++) {
            total = k.add(total, sums[c]);
        }
        k.result(k.reduce(Binary.ADD, total));
    }

    private static double measureStreaming(Pool pool, Lanes lanes) {
        Streaming loop = KernelClass.define(Streaming.class, "CeilingStreaming", lanes, k -> {
            Value from = k.parameter(0, Value.Form.ARRAY, ElementType.FLOAT);
            Value to = k.parameter(1, Value.Form.ARRAY, ElementType.FLOAT);
            k.forLanes(k.intParameter(2), k.intParameter(3), 2, i -> k.memory().store(to, i,
                    k.mul(k.memory().load(from, i), k.lanesOf(ElementType.FLOAT, 0.5))));
        });
        float[] from = new float[STREAMED];
        float[] to = new float[STREAMED];
        int chunk = 1 << 14;
        Pool.Task task = (number, worker) -> loop.run(from, to, number * chunk, (number + 1) * chunk);
        warm(() -> loop.run(from, to, 0, 512));
        return 8.0 * STREAMED / fastestNanos(() -> pool.run(STREAMED / chunk, task));
    }

    /** Runs a small part until it is compiled: before that a whole run may take seconds, on a busy machine all there are. */
    private static void warm(Runnable part) {
        Warmth warmth = new Warmth(Integer.MAX_VALUE);
        long begin = System.nanoTime();
        while (!warmth.isWarm() && System.nanoTime() - begin < 100 * LEAST_NANOS) {
            long before = Allocation.bytes();
            part.run();
            warmth.count(Allocation.bytes() - before);
        }
    }

    /** The least time of one run, among those of some time. */
    private static double fastestNanos(Runnable run) {
        long fastest = Long.MAX_VALUE;
        long begin = System.nanoTime();
        for (int i = 0; i < 200 || System.nanoTime() - begin < LEAST_NANOS; i++) {
            long start = System.nanoTime();
            run.run();
            fastest = Math.min(fastest, System.nanoTime() - start);
            if (System.nanoTime() - begin > 20 * LEAST_NANOS) {
                break;
            }
        }
        return fastest;
    }
}
