package dev.gamelan.runtime;

import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A fixed team of threads, the caller among them, that runs the numbered tasks of one call after another.
 *
 * <p>Threads wait awake for a short while, since the kernels of a step follow each other within microseconds, and then
 * park. Which thread runs which task is a matter of chance, so a task must not depend on it. A call that meets the team
 * at work (from inside a task, or from another user thread) runs all of its tasks itself.
 */
public final class Pool implements AutoCloseable {
    /** Tasks that may run in any order and at the same time. */
    @FunctionalInterface
    public interface Task {
        /**
         * Runs one task.
         *
         * @param task its number, from 0
         * @param worker number of the running thread, below {@link Pool#workers()}; no two threads that run tasks of
         *        the same call share it, but calls that run at the same time may
         */
        void run(int task, int worker);
    }

    private static final long AWAKE_NANOS = 100_000;
    private static final int CHECKS_PER_CLOCK = 64;
    private static final int SPINS_BEFORE_YIELD = 100_000;
    /** Cells lie 16 longs apart, so that no two share a pair of cache lines. */
    private static final int CLAIM = 16;
    private static final int DONE = 32;
    private static final int FIRST_PARKED = 48;
    private static final int STRIDE = 16;

    private final int workers;
    private final Thread[] threads;
    private final AtomicBoolean busy = new AtomicBoolean();
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    /**
     * CLAIM: number of the call (upper half) and how many of its tasks are unclaimed (lower half); DONE: how many of its
     * tasks are finished; then one cell per worker, 1 while it is parked.
     */
    private final AtomicLongArray cells;
    private @Nullable Task task;
    private int tasks;
    private long calls;
    private boolean started;
    private volatile boolean closed;

    /** A pool of {@code workers} threads, of which one is the caller's. */
    public Pool(int workers) {
        if (workers < 1) {
            throw new IllegalArgumentException("a pool needs at least 1 thread; received " + workers);
        }
        this.workers = workers;
        this.threads = new Thread[workers];
        this.cells = new AtomicLongArray(FIRST_PARKED + STRIDE * (workers + 1));
    }

    /** The pool of the process: of {@code -Dgamelan.threads} threads, or as many as there are processors. */
    public static Pool shared() {
        return Shared.POOL;
    }

    /** Number of threads, with the caller's. */
    public int workers() {
        return workers;
    }

    /**
     * Runs tasks 0 to {@code count - 1} and returns when all have finished. What a task throws is thrown again here,
     * after the other tasks have finished.
     */
    public void run(int count, Task body) {
        if (count <= 1 || workers == 1 || closed || !busy.compareAndSet(false, true)) {
            for (int i = 0; i < count; i++) {
                body.run(i, 0);
            }
            return;
        }
        try {
            publish(count, body);
            work(0);
            awaitDone(count);
        } finally {
            task = null;
            busy.set(false);
        }
        Throwable thrown = failure.get();
        if (thrown != null) {
            failure.set(null);
            throw Pool.<RuntimeException>unchecked(thrown);
        }
    }

    private void publish(int count, Task body) {
        if (!started) {
            start();
        }
        task = body;
        tasks = count;
        calls++;
        cells.set(DONE, 0);
        cells.set(CLAIM, calls << 32 | count);
        int helpers = Math.min(count, workers);
        for (int w = 1; w < helpers; w++) {
            if (cells.get(parkedCell(w)) != 0) {
                LockSupport.unpark(threads[w]);
            }
        }
    }

    private void start() {
        started = true;
        for (int w = 1; w < workers; w++) {
            int worker = w;
            threads[w] = Thread.ofPlatform().daemon().name("gamelan-" + w).unstarted(() -> serve(worker));
            threads[w].start();
        }
    }

    private void serve(int worker) {
        while (!closed) {
            work(worker);
            if (!seesWorkWhileAwake()) {
                park(worker);
            }
        }
    }

    /**
     * Looks without {@link Thread#onSpinWait}: a hypervisor takes a loop of pauses for a thread that waits in vain, stops it and may
     * move it away from its partner's cache; five of eleven processes ran at half speed with pauses, two of fourteen without.
     */
    private boolean seesWorkWhileAwake() {
        long start = System.nanoTime();
        do {
            for (int i = 0; i < CHECKS_PER_CLOCK; i++) {
                if ((int) cells.get(CLAIM) != 0) {
                    return true;
                }
            }
        } while (System.nanoTime() - start < AWAKE_NANOS);
        return false;
    }

    private void park(int worker) {
        cells.set(parkedCell(worker), 1);
        while ((int) cells.get(CLAIM) == 0 && !closed) {
            LockSupport.park(this);
        }
        cells.set(parkedCell(worker), 0);
    }

    /** Claims and runs tasks until none is left. */
    private void work(int worker) {
        int finished = 0;
        while (true) {
            long claim = cells.get(CLAIM);
            int unclaimed = (int) claim;
            if (unclaimed == 0) {
                break;
            }
            Task body = task;
            int number = tasks - unclaimed;
            // Success proves that the call has not ended since the claim was read, so the fields read are its own.
            if (cells.compareAndSet(CLAIM, claim, claim - 1)) {
                runOne(Objects.requireNonNull(body), number, worker);
                finished++;
            }
        }
        if (finished > 0) {
            cells.getAndAdd(DONE, finished);
        }
    }

    private void runOne(Task body, int number, int worker) {
        try {
            body.run(number, worker);
        } catch (Throwable e) {
            failure.compareAndSet(null, e);
        }
    }

    private void awaitDone(int count) {
        for (int spins = 0; cells.get(DONE) != count; spins++) {
            if (spins >= SPINS_BEFORE_YIELD) {
                Thread.yield();
            }
        }
    }

    /** Ends the threads once they are idle; later calls run in the caller alone. */
    @Override
    public void close() {
        closed = true;
        for (Thread thread : threads) {
            LockSupport.unpark(thread);
        }
    }

    private static int parkedCell(int worker) {
        return FIRST_PARKED + STRIDE * worker;
    }

    /** Tasks declare no checked exceptions, so {@code thrown} is none unless the task itself went around the compiler. */
    @SuppressWarnings("unchecked")
    private static <E extends Throwable> E unchecked(Throwable thrown) throws E {
        throw (E) thrown;
    }

    private static final class Shared {
        private static final Pool POOL = new Pool(threadsWanted());

        private static int threadsWanted() {
            Integer wanted = Integer.getInteger("gamelan.threads");
            if (wanted != null && wanted < 1) {
                throw new IllegalArgumentException(
                        "system property gamelan.threads: expected at least 1, received " + wanted);
            }
            return wanted != null ? wanted : Runtime.getRuntime().availableProcessors();
        }
    }
}
