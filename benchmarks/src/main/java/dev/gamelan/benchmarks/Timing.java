package dev.gamelan.benchmarks;

import java.util.Arrays;

/**
 * Seconds of one call.
 *
 * @param median of the repeats, each of which is an average
 */
record Timing(double median, double least, double most) {

    private static final int REPEATS = 5;

    /** After a warm-up of at least that many seconds and two calls. */
    static Timing of(double warmSeconds, double repeatSeconds, Runnable call) {
        long begin = System.nanoTime();
        int warm = 0;
        while (warm < 2 || since(begin) < warmSeconds) {
            call.run();
            warm++;
        }
        long last = System.nanoTime();
        call.run();
        int calls = (int) Math.clamp(Math.ceil(repeatSeconds / since(last)), 1, 1_000_000);
        double[] seconds = new double[REPEATS];
        for (int repeat = 0; repeat < REPEATS; repeat++) {
            long start = System.nanoTime();
            for (int i = 0; i < calls; i++) {
                call.run();
            }
            seconds[repeat] = since(start) / calls;
        }
        Arrays.sort(seconds);
        return new Timing(seconds[REPEATS / 2], seconds[0], seconds[REPEATS - 1]);
    }

    private static double since(long nanos) {
        return (System.nanoTime() - nanos) / 1e9;
    }
}
