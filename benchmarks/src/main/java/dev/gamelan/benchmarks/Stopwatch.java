package dev.gamelan.benchmarks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;

/**
 * Times one workload of a fresh process and prints each figure as one JSON line: after some seconds of warm-up the median of
 * {@value #REPEATS} repeats, with the least and the most.
 */
final class Stopwatch {

    private static final int REPEATS = 5;

    private final String workload;
    private final int threads;
    private final double warmSeconds;
    private final double repeatSeconds;
    private boolean started;

    Stopwatch(String workload, int threads, double warmSeconds, double repeatSeconds) {
        this.workload = workload;
        this.threads = threads;
        this.warmSeconds = warmSeconds;
        this.repeatSeconds = repeatSeconds;
    }

    /** Items per second. */
    void rate(String metric, String unit, double itemsPerCall, Runnable call) {
        double[] seconds = seconds(call);
        emit(metric, itemsPerCall / seconds[REPEATS / 2], unit, itemsPerCall / seconds[REPEATS - 1], itemsPerCall / seconds[0], REPEATS);
    }

    /** The median and the 99th percentile of single calls, in microseconds. */
    void latency(String metric, Runnable call) {
        first(call);
        double pace = warm(call);
        int calls = (int) Math.clamp(Math.ceil(repeatSeconds / pace), 20, 200_000);
        double[] median = new double[REPEATS];
        double[] tail = new double[REPEATS];
        double[] micros = new double[calls];
        for (int repeat = 0; repeat < REPEATS; repeat++) {
            for (int i = 0; i < calls; i++) {
                long start = System.nanoTime();
                call.run();
                micros[i] = (System.nanoTime() - start) / 1e3;
            }
            Arrays.sort(micros);
            median[repeat] = micros[calls / 2];
            tail[repeat] = micros[Math.min(calls - 1, (int) Math.ceil(calls * 0.99) - 1)];
        }
        Arrays.sort(median);
        Arrays.sort(tail);
        emit(metric + "_p50", median[REPEATS / 2], "us", median[0], median[REPEATS - 1], REPEATS);
        emit(metric + "_p99", tail[REPEATS / 2], "us", tail[0], tail[REPEATS - 1], REPEATS);
    }

    /** The most memory that the process has had resident, in MiB; nothing where the system does not say. */
    void peakMemory() {
        Path status = Path.of("/proc/self/status");
        if (!Files.exists(status)) {
            return;
        }
        try {
            for (String line : Files.readAllLines(status)) {
                if (line.startsWith("VmHWM:")) {
                    emit("peak_rss", Long.parseLong(line.replaceAll("\\D", "")) / 1024.0, "MiB");
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Seconds of one call, one figure per repeat, sorted. */
    private double[] seconds(Runnable call) {
        first(call);
        double pace = warm(call);
        int calls = (int) Math.max(1, Math.ceil(repeatSeconds / pace));
        double[] seconds = new double[REPEATS];
        for (int repeat = 0; repeat < REPEATS; repeat++) {
            long start = System.nanoTime();
            for (int i = 0; i < calls; i++) {
                call.run();
            }
            seconds[repeat] = (System.nanoTime() - start) / 1e9 / calls;
        }
        Arrays.sort(seconds);
        return seconds;
    }

    /** From the launch of the process to the end of its first call. */
    private void first(Runnable call) {
        call.run();
        if (!started) {
            started = true;
            String launched = System.getenv("BENCH_T0");
            long start = launched != null ? Long.parseLong(launched)
                    : ProcessHandle.current().info().startInstant().orElseThrow().toEpochMilli();
            emit("start_to_first", System.currentTimeMillis() - start, "ms");
        }
    }

    /** Seconds of one call at the end of the warm-up. */
    private double warm(Runnable call) {
        long start = System.nanoTime();
        int calls = 0;
        double elapsed = 0;
        while (elapsed < warmSeconds || calls < 2) {
            call.run();
            calls++;
            elapsed = (System.nanoTime() - start) / 1e9;
        }
        long last = System.nanoTime();
        call.run();
        return Math.min(elapsed / calls, (System.nanoTime() - last) / 1e9);
    }

    private void emit(String metric, double value, String unit) {
        emit(metric, value, unit, value, value, 1);
    }

    private void emit(String metric, double value, String unit, double least, double most, int repeats) {
        System.out.println(String.format(Locale.ROOT, "{\"peer\":\"gamelan\",\"workload\":\"%s\",\"metric\":\"%s\",\"value\":%.6g,"
                + "\"unit\":\"%s\",\"threads\":%d,\"min\":%.6g,\"max\":%.6g,\"repeats\":%d}", workload, metric, value, unit, threads, least,
                most, repeats));
    }
}
