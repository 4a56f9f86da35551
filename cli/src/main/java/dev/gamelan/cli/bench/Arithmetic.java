package dev.gamelan.cli.bench;

import dev.gamelan.runtime.Pool;

/**
 * Work that needs nothing but the processor: sums in registers, on each thread of the pool at once. Where some calls of it take longer
 * than others, the machine was busy with something else: its timer, interrupts, a hypervisor.
 */
final class Arithmetic {

    private static final int CALIBRATION = 1 << 16;
    /** Takes the sums, so that they have to be made. */
    private static volatile double sink;

    private Arithmetic() {}

    /** Fills {@code times} with the microseconds of single calls, each of which is to take {@code micros}. */
    static void time(double micros, double[] times) {
        Pool pool = Pool.shared();
        int steps = (int) Math.clamp(CALIBRATION * micros / fastest(), 1, Integer.MAX_VALUE);
        for (int i = 0; i < times.length; i++) {
            long start = System.nanoTime();
            pool.run(pool.workers(), (task, worker) -> sink = sum(steps));
            times[i] = (System.nanoTime() - start) / 1e3;
        }
    }

    /** Microseconds of {@link #CALIBRATION} steps, the least of some tries. */
    private static double fastest() {
        double least = Double.POSITIVE_INFINITY;
        for (int i = 0; i < 20; i++) {
            long start = System.nanoTime();
            sink = sum(CALIBRATION);
            least = Math.min(least, (System.nanoTime() - start) / 1e3);
        }
        return least;
    }

    /** Each addition waits for the one before. */
    private static double sum(int steps) {
        double sum = 0;
        for (int i = 0; i < steps; i++) {
            sum += 1e-9;
        }
        return sum;
    }
}
