package dev.gamelan.runtime;

import java.lang.management.ManagementFactory;

/** How much a thread allocates: how a program shows that it runs in place, and a kernel that it is compiled. */
public final class Allocation {

    private static final com.sun.management.ThreadMXBean THREADS = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();

    private Allocation() {}

    /** Bytes that the current thread has allocated since it began. */
    public static long bytes() {
        return THREADS.getCurrentThreadAllocatedBytes();
    }
}
