package dev.gamelan.runtime;

import java.util.function.LongSupplier;

/**
 * The launcher's JVM begins with a nursery of a third of its full size, as most processes never fill more. Large arrays that are made
 * and dropped again and again do not fit there and pile up among what is old, and HotSpot's serial collector gives the nursery another
 * size only when it collects everything. So that is asked for, once, when the heap holds a good deal more than after the first run.
 */
final class Nursery {

    /** The launcher sets {@code -Dgamelan.nursery=grows}; in any other JVM nothing is done. */
    static final Nursery SHARED = new Nursery(!System.getProperty("gamelan.nursery", "").equals("grows"), Nursery::used, System::gc);

    /** Elements of programs' inputs and outputs between two looks at the heap. */
    private static final long PERIOD = 16 << 20;
    /** Bytes more than after the first run, from which on something seems to pile up. */
    static final long SPARE = 64 << 20;

    private final LongSupplier used;
    private final Runnable collect;
    // Several threads may run programs. A look too many or too few does not matter.
    private boolean isGrown;
    private long first;
    private long elements;

    Nursery(boolean isGrown, LongSupplier used, Runnable collect) {
        this.isGrown = isGrown;
        this.used = used;
        this.collect = collect;
    }

    /** Is told about each run of a program, and how much it reads and writes. */
    void ran(long itsElements) {
        if (isGrown) {
            return;
        }
        elements += itsElements;
        if (first == 0) {
            first = used.getAsLong();
        } else if (elements >= PERIOD) {
            elements = 0;
            if (used.getAsLong() > first + SPARE) {
                isGrown = true;
                collect.run();
            }
        }
    }

    private static long used() {
        Runtime runtime = Runtime.getRuntime();
        return runtime.totalMemory() - runtime.freeMemory();
    }
}
