package dev.gamelan.runtime;

import java.lang.management.CompilationMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import org.jspecify.annotations.Nullable;

/**
 * Knows whether a thread of the team has to share its processor with HotSpot's compilers. Then it had better rest: each time that it is
 * stopped in the midst of a task the whole team waits for it, so that two threads get no more done than one, and the compilers, which
 * have half a processor, take twice as long to end this.
 *
 * <p>Used by the thread that it is about, alone.
 */
final class Elbowroom {
    /** Nanoseconds of wanting to run between two looks. */
    private static final long WINDOW = 5_000_000;
    /** How much of them the thread must have got: so many hundredths. */
    private static final int LEAST_SHARE = 70;
    /** HotSpot is taken to compile if it has done so for this many milliseconds ... */
    private static final long LEAST_COMPILED = 10;
    /** ... within these nanoseconds. */
    private static final long LATELY = 500_000_000;

    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
    private static final boolean HAS_CLOCK = THREADS.isCurrentThreadCpuTimeSupported() && THREADS.isThreadCpuTimeEnabled();

    private long began;
    private long used;
    private long lastCompiled;
    private long lastSeen;
    private boolean seen;

    /** The thread begins to want to run. */
    void begin(long now) {
        began = now;
        used = HAS_CLOCK ? THREADS.getCurrentThreadCpuTime() : 0;
    }

    /** Whether the thread, which has wanted to run since {@link #begin}, had to share its processor with compilers; asked often. */
    boolean isScarce(long now) {
        if (!HAS_CLOCK || now - began < WINDOW) {
            return false;
        }
        long wanted = now - began;
        long got = THREADS.getCurrentThreadCpuTime() - used;
        begin(now);
        return got * 100 < wanted * LEAST_SHARE && isCompiling(now);
    }

    private boolean isCompiling(long now) {
        CompilationMXBean compiler = Compiler.BEAN;
        if (compiler == null) {
            return false;
        }
        long compiled = compiler.getTotalCompilationTime();
        if (compiled - lastCompiled >= LEAST_COMPILED) {
            lastCompiled = compiled;
            lastSeen = now;
            seen = true;
        }
        return seen && now - lastSeen < LATELY;
    }

    /** Looked up when it is asked for first. */
    private static final class Compiler {
        static final @Nullable CompilationMXBean BEAN = find();

        private static @Nullable CompilationMXBean find() {
            CompilationMXBean bean = ManagementFactory.getCompilationMXBean();
            return bean != null && bean.isCompilationTimeMonitoringSupported() ? bean : null;
        }
    }
}
