package dev.gamelan.runtime;

import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A fixed team of threads, the caller among them, that runs the numbered tasks of one call after another.
 *
 * <p>Each thread begins with its own share of the tasks, a range of the numbers, and helps others when it is done. So where call after
 * call has the same tasks, a thread mostly meets data that its caches hold, and threads do not fight for the line of memory that says
 * what is next. Which thread runs which task stays a matter of chance all the same, so a task must not depend on it.
 *
 * <p>Threads wait awake for a short while, since the kernels of a step follow each other within microseconds, and then
 * park. A call that meets the team at work (from inside a task, or from another user thread) runs all of its tasks itself.
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
    /**
     * How long a thread that waits keeps its processor from others which could use it: HotSpot's compilers, or the very thread that it waits for, as
     * the system may have put both on one.
     */
    private static final long UNYIELDING_NANOS = 10_000;
    /** How long a thread leaves its processor to HotSpot's compilers: most methods are compiled in less. */
    private static final long REST_NANOS = 10_000_000;
    private static final int CHECKS_PER_CLOCK = 64;
    /** About {@link #UNYIELDING_NANOS}. */
    private static final int SPINS_BEFORE_YIELD = 5_000;
    /** Cells of different writers lie 16 longs apart, so that no two share a pair of cache lines. */
    private static final int LINE = 16;
    /** A worker's cells: what is unclaimed of its share, and behind it the end of the share; what it has finished; whether it is parked. */
    private static final int CLAIM = 0;
    private static final int END = 1;
    private static final int DONE = LINE;
    private static final int PARKED = 2 * LINE;
    private static final int CELLS = 3 * LINE;
    /** References on a pair of cache lines of their own. */
    private static final int REFERENCES = 32;

    private final int workers;
    private final Thread[] threads;
    private final AtomicBoolean busy = new AtomicBoolean();
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    /**
     * For each worker CLAIM: number of the call (upper half) and how many tasks of the worker's share are unclaimed (lower half); DONE:
     * tasks that it has finished in all calls; PARKED: 1 while it is parked.
     */
    private final AtomicLongArray cells;
    /** What is run now; away from the fields that waiting threads read. */
    private final AtomicReferenceArray<@Nullable Task> task = new AtomicReferenceArray<>(2 * REFERENCES);
    /** Tasks of all calls so far. */
    private long published;
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
        this.cells = new AtomicLongArray(LINE + CELLS * workers + LINE);
    }

    /** The pool of the process: of {@code -Dgamelan.threads} threads, or as many as there are processors. */
    public static Pool shared() {
        return Shared.POOL;
    }

    /** A pool of the caller's thread alone, which any number of callers may use at the same time. */
    public static Pool alone() {
        return Shared.ALONE;
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
            awaitDone();
        } finally {
            task.setPlain(REFERENCES, null);
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
        task.setPlain(REFERENCES, body);
        published += count;
        calls++;
        int helpers = Math.min(count, workers);
        for (int w = helpers - 1; w > 0; w--) {
            share(w, count, helpers);
            cells.setRelease(cell(w, CLAIM), claim(w, count, helpers));
        }
        share(0, count, helpers);
        // Volatile: who is parked is looked up after everybody can see the call.
        cells.set(cell(0, CLAIM), claim(0, count, helpers));
        for (int w = 1; w < helpers; w++) {
            if (cells.get(cell(w, PARKED)) != 0) {
                LockSupport.unpark(threads[w]);
            }
        }
    }

    private void share(int worker, int count, int helpers) {
        cells.setPlain(cell(worker, END), from(worker + 1, count, helpers));
    }

    private long claim(int worker, int count, int helpers) {
        return calls << 32 | from(worker + 1, count, helpers) - from(worker, count, helpers);
    }

    /** The first task of a worker's share. */
    private static int from(int worker, int count, int helpers) {
        return (int) ((long) count * worker / helpers);
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
        Elbowroom room = new Elbowroom();
        room.begin(System.nanoTime());
        while (!closed) {
            work(worker);
            long now = System.nanoTime();
            if (room.isScarce(now)) {
                rest(now);
                room.begin(System.nanoTime());
            } else if (!seesWorkWhileAwake(worker, now)) {
                park(worker);
                room.begin(System.nanoTime());
            }
        }
    }

    /** Leaves its share to the others, and its processor to HotSpot's compilers. */
    private void rest(long start) {
        long rest = REST_NANOS;
        while (rest > 0 && !closed) {
            LockSupport.parkNanos(this, rest);
            rest = start + REST_NANOS - System.nanoTime();
        }
    }

    /**
     * Looks without {@link Thread#onSpinWait}: a hypervisor takes a loop of pauses for a thread that waits in vain, stops it and may
     * move it away from its partner's cache; five of eleven processes ran at half speed with pauses, two of fourteen without.
     */
    private boolean seesWorkWhileAwake(int worker, long start) {
        long waited;
        do {
            for (int i = 0; i < CHECKS_PER_CLOCK; i++) {
                if ((int) cells.get(cell(worker, CLAIM)) != 0) {
                    return true;
                }
            }
            waited = System.nanoTime() - start;
            if (waited > UNYIELDING_NANOS) {
                Thread.yield();
            }
        } while (waited < AWAKE_NANOS);
        return false;
    }

    private void park(int worker) {
        cells.set(cell(worker, PARKED), 1);
        while ((int) cells.get(cell(worker, CLAIM)) == 0 && !closed) {
            LockSupport.park(this);
        }
        cells.set(cell(worker, PARKED), 0);
    }

    /** Claims and runs tasks until none is left: the worker's own, then those of others. */
    private void work(int worker) {
        int finished = 0;
        for (int i = 0; i < workers; i++) {
            int owner = worker + i < workers ? worker + i : worker + i - workers;
            finished += workOn(cell(owner, CLAIM), worker);
        }
        if (finished > 0) {
            int done = cell(worker, DONE);
            cells.setRelease(done, cells.getPlain(done) + finished);
        }
    }

    /** Claims and runs tasks of one share until none is left; how many it were. */
    private int workOn(int cell, int worker) {
        int finished = 0;
        while (true) {
            long claim = cells.get(cell);
            int unclaimed = (int) claim;
            if (unclaimed == 0) {
                return finished;
            }
            Task body = task.getPlain(REFERENCES);
            int number = (int) cells.getPlain(cell + END) - unclaimed;
            // Success proves that the call has not ended since the claim was read, so what was read is its own.
            if (cells.compareAndSet(cell, claim, claim - 1)) {
                runOne(Objects.requireNonNull(body), number, worker);
                finished++;
            }
        }
    }

    private void runOne(Task body, int number, int worker) {
        try {
            body.run(number, worker);
        } catch (Throwable e) {
            failure.compareAndSet(null, e);
        }
    }

    private void awaitDone() {
        for (int spins = 0; finished() != published; spins++) {
            if (spins >= SPINS_BEFORE_YIELD) {
                Thread.yield();
            }
        }
    }

    /** Tasks that were finished in all calls. */
    private long finished() {
        long sum = 0;
        for (int w = 0; w < workers; w++) {
            sum += cells.get(cell(w, DONE));
        }
        return sum;
    }

    /** Ends the threads once they are idle; later calls run in the caller alone. */
    @Override
    public void close() {
        closed = true;
        for (Thread thread : threads) {
            LockSupport.unpark(thread);
        }
    }

    private static int cell(int worker, int kind) {
        return LINE + CELLS * worker + kind;
    }

    /** Tasks declare no checked exceptions, so {@code thrown} is none unless the task itself went around the compiler. */
    @SuppressWarnings("unchecked")
    private static <E extends Throwable> E unchecked(Throwable thrown) throws E {
        throw (E) thrown;
    }

    private static final class Shared {
        private static final Pool POOL = new Pool(threadsWanted());
        private static final Pool ALONE = new Pool(1);

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
