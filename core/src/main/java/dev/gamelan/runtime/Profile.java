package dev.gamelan.runtime;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/**
 * How often each kernel ran and how long it took, for all programs of the process. Off unless asked for; Flight Recorder gets the
 * same as {@link KernelEvent}s whether it is on or not.
 */
public final class Profile {

    /**
     * What one kernel does in one call.
     *
     * @param name what is computed, with its extents
     * @param origin the user's line and layer; may be empty
     * @param flops floating-point operations, a multiply-add being two
     * @param bytes of the buffers that are read or written, each once
     */
    public record Work(String name, String origin, long flops, long bytes) {}

    /** One kernel's figures; the median is of its latest calls, so warming up does not count. */
    public record Row(Work work, long calls, double totalSeconds, double medianSeconds, long bytesAllocated) {

        /** 10^9 floating-point operations a second, at the median. */
        public double gigaflops() {
            return work.flops() / medianSeconds / 1e9;
        }

        /** 10^9 bytes a second, at the median. */
        public double gigabytes() {
            return work.bytes() / medianSeconds / 1e9;
        }
    }

    /** Counts the calls of one kernel, which come one at a time. */
    static final class Counter {
        private static final int LATEST = 256;

        private final Work work;
        private final long[] latest = new long[LATEST];
        private long calls;
        private long nanos;
        private long allocated;

        Counter(Work work) {
            this.work = work;
        }

        /** Runs one call; the bytes counted are those that the calling thread allocates. */
        void watch(Instruction instruction, Frame frame, Pool pool) {
            KernelEvent event = new KernelEvent(work);
            long before = Allocation.bytes();
            event.begin();
            long start = System.nanoTime();
            instruction.run(frame, pool);
            long end = System.nanoTime();
            event.commit();
            count(end - start, Allocation.bytes() - before);
        }

        private synchronized void count(long nanosTaken, long bytesAllocated) {
            latest[(int) (calls++ % LATEST)] = nanosTaken;
            nanos += nanosTaken;
            allocated += bytesAllocated;
        }

        private synchronized Row row() {
            long[] sorted = Arrays.copyOf(latest, (int) Math.min(calls, LATEST));
            Arrays.sort(sorted);
            return new Row(work, calls, nanos / 1e9, Math.max(1, sorted[sorted.length / 2]) / 1e9, allocated);
        }

        private synchronized boolean ran() {
            return calls > 0;
        }
    }

    private static final List<Counter> COUNTERS = new ArrayList<>();
    private static volatile boolean on = Debug.TIME;

    private Profile() {}

    /** Counts from now on. */
    public static void enable() {
        on = true;
    }

    static boolean isOn() {
        return on;
    }

    static Counter counter(Work work) {
        Counter counter = new Counter(work);
        synchronized (COUNTERS) {
            COUNTERS.add(counter);
        }
        return counter;
    }

    /** All kernels that ran, those first that took longest in all. */
    public static List<Row> rows() {
        synchronized (COUNTERS) {
            return COUNTERS.stream().filter(Counter::ran).map(Counter::row)
                    .sorted(Comparator.comparingDouble((Row row) -> -row.totalSeconds())).toList();
        }
    }

    /**
     * The first rows as text.
     *
     * @param gflopsCeiling what the machine can do, in GFLOP/s; see {@code gamelan doctor}
     * @param gbytesCeiling what its memory can do, in GB/s
     * @param most how many rows
     */
    public static String table(double gflopsCeiling, double gbytesCeiling, int most) {
        List<Row> rows = rows();
        double all = rows.stream().mapToDouble(Row::totalSeconds).sum();
        StringBuilder table = new StringBuilder(String.format(Locale.ROOT,
                "ceilings: %.0f GFLOP/s, %.1f GB/s (data in caches can be faster than memory)%n"
                        + "%8s %9s %5s %10s %8s %5s %7s %5s %9s  %s%n",
                gflopsCeiling, gbytesCeiling,
                "calls", "total ms", "%", "median us", "GFLOP/s", "%", "GB/s", "%", "allocated", "kernel"));
        for (Row row : rows.subList(0, Math.min(most, rows.size()))) {
            table.append(String.format(Locale.ROOT, "%8d %9.1f %4.1f%% %10.1f %8.1f %4.0f%% %7.1f %4.0f%% %9d  %s%s%n", row.calls(),
                    row.totalSeconds() * 1e3, 100 * row.totalSeconds() / all, row.medianSeconds() * 1e6, row.gigaflops(),
                    100 * row.gigaflops() / gflopsCeiling, row.gigabytes(), 100 * row.gigabytes() / gbytesCeiling,
                    row.bytesAllocated() / row.calls(), row.work().name(),
                    row.work().origin().isEmpty() ? "" : "   # " + row.work().origin()));
        }
        return table.toString();
    }
}
