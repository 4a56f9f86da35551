package dev.gamelan.cli.bench;

import dev.gamelan.runtime.Allocation;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.Consumer;

/**
 * Times one workload of a fresh process. After some seconds of warm-up, each figure is the median over the repeats, with
 * the least and the most.
 */
final class Stopwatch {

    /** What the launching process puts the time into, in milliseconds since 1970. */
    static final String LAUNCHED = "BENCH_T0";

    private static final double STEADY = 0.95;

    private final String workload;
    private final int threads;
    private final Plan plan;
    private final Consumer<Figure> out;
    private boolean started;
    private boolean hasPeak;

    Stopwatch(String workload, int threads, Plan plan, Consumer<Figure> out) {
        this.workload = workload;
        this.threads = threads;
        this.plan = plan;
        this.out = out;
    }

    /** Items per second. */
    void rate(String metric, String unit, double itemsPerCall, Runnable call) {
        double[] seconds = seconds(call);
        emit(metric, itemsPerCall / middle(seconds), unit, itemsPerCall / seconds[seconds.length - 1], itemsPerCall / seconds[0]);
    }

    /** Milliseconds of a call. */
    void millis(String metric, Runnable call) {
        double[] seconds = seconds(call);
        emit(metric, middle(seconds) * 1e3, "ms", seconds[0] * 1e3, seconds[seconds.length - 1] * 1e3);
    }

    /**
     * The median and the 99th percentile of single calls, in microseconds, the 99th percentile of {@link Arithmetic} that takes as long
     * as the median call, which is what the machine adds, and the bytes that the calling thread allocates in one call.
     */
    void latency(String metric, Runnable call) {
        boolean fresh = !started;
        Pace pace = first(call);
        int calls = (int) Math.clamp(Math.ceil(plan.repeatSeconds() / warm(call, pace, 10)), 20, 200_000);
        double[] median = new double[plan.repeats()];
        double[] tail = new double[plan.repeats()];
        double[] idle = new double[plan.repeats()];
        double[] seconds = new double[plan.repeats()];
        double[] allocated = new double[plan.repeats()];
        double[] micros = new double[calls];
        for (int repeat = 0; repeat < plan.repeats(); repeat++) {
            long before = Allocation.bytes();
            long began = System.nanoTime();
            for (int i = 0; i < calls; i++) {
                long start = System.nanoTime();
                call.run();
                micros[i] = (System.nanoTime() - start) / 1e3;
            }
            seconds[repeat] = (System.nanoTime() - began) / 1e9 / calls;
            allocated[repeat] = (double) (Allocation.bytes() - before) / calls;
            pace.passed(calls);
            median[repeat] = percentile(micros, 0.5);
            tail[repeat] = percentile(micros, 0.99);
            Arithmetic.time(median[repeat], micros);
            idle[repeat] = percentile(micros, 0.99);
        }
        steady(fresh, pace, sorted(seconds));
        emit(metric + "_p50", sorted(median), "us");
        emit(metric + "_p99", sorted(tail), "us");
        emit(metric + "_machine_p99", sorted(idle), "us");
        emit(metric + "_allocated", sorted(allocated), "B");
    }

    /** Sorts the values. */
    private static double percentile(double[] values, double fraction) {
        Arrays.sort(values);
        return values[Math.clamp((int) Math.ceil(values.length * fraction) - 1, 0, values.length - 1)];
    }

    /** The most memory that the process has had resident until it is asked first, in MiB; nothing where the system does not say. */
    void peakMemory() {
        Path status = Path.of("/proc/self/status");
        if (hasPeak || !Files.exists(status)) {
            return;
        }
        hasPeak = true;
        try {
            for (String line : Files.readAllLines(status)) {
                if (line.startsWith("VmHWM:")) {
                    one("peak_rss", Long.parseLong(line.replaceAll("\\D", "")) / 1024.0, "MiB");
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Seconds of one call, one figure per repeat, sorted. */
    private double[] seconds(Runnable call) {
        boolean fresh = !started;
        Pace pace = first(call);
        int calls = (int) Math.max(1, Math.ceil(plan.repeatSeconds() / warm(call, pace, 2)));
        double[] seconds = new double[plan.repeats()];
        for (int repeat = 0; repeat < plan.repeats(); repeat++) {
            long start = System.nanoTime();
            for (int i = 0; i < calls; i++) {
                call.run();
            }
            seconds[repeat] = (System.nanoTime() - start) / 1e9 / calls;
            pace.passed(calls);
        }
        steady(fresh, pace, sorted(seconds));
        return seconds;
    }

    /** From the launch of the process to the end of its first call. */
    private Pace first(Runnable call) {
        call.run();
        double sinceLaunch = sinceLaunch();
        if (!started) {
            started = true;
            one("start_to_first", sinceLaunch * 1e3, "ms");
        }
        return new Pace(sinceLaunch);
    }

    private static double sinceLaunch() {
        String launched = System.getenv(LAUNCHED);
        long start = launched != null ? Long.parseLong(launched)
                : ProcessHandle.current().info().startInstant().orElseThrow().toEpochMilli();
        return (System.currentTimeMillis() - start) / 1e3;
    }

    /** Seconds of one call at the end of the warm-up. */
    private double warm(Runnable call, Pace pace, int least) {
        long start = System.nanoTime();
        int calls = 0;
        double elapsed = 0;
        while (elapsed < plan.warmSeconds() || calls < least) {
            call.run();
            pace.passed(1);
            calls++;
            elapsed = (System.nanoTime() - start) / 1e9;
        }
        long last = System.nanoTime();
        call.run();
        pace.passed(1);
        return Math.min(elapsed / calls, (System.nanoTime() - last) / 1e9);
    }

    /** For the first thing a process does: when it was nearly as fast as it was in the end. */
    private void steady(boolean fresh, Pace pace, double[] seconds) {
        double reached = pace.reached(STEADY / middle(seconds));
        if (fresh && !Double.isNaN(reached)) {
            one("to_95_percent", reached, "s");
        }
    }

    private void one(String metric, double value, String unit) {
        out.accept(new Figure(workload, metric, value, unit, threads, value, value, 1));
    }

    private void emit(String metric, double[] sorted, String unit) {
        emit(metric, middle(sorted), unit, sorted[0], sorted[sorted.length - 1]);
    }

    private void emit(String metric, double value, String unit, double least, double most) {
        out.accept(new Figure(workload, metric, value, unit, threads, least, most, plan.repeats()));
    }

    private static double middle(double[] sorted) {
        return sorted[sorted.length / 2];
    }

    private static double[] sorted(double[] values) {
        Arrays.sort(values);
        return values;
    }
}
