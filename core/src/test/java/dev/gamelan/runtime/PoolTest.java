package dev.gamelan.runtime;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

class PoolTest {
    private static void assertEachOnce(Pool pool, int tasks) {
        AtomicIntegerArray runs = new AtomicIntegerArray(tasks);
        pool.run(tasks, (task, worker) -> {
            assertTrue(worker >= 0 && worker < pool.workers());
            runs.incrementAndGet(task);
        });
        for (int i = 0; i < tasks; i++) {
            assertEquals(1, runs.get(i));
        }
    }

    @Test
    void eachTaskRunsOnce() {
        for (int workers = 1; workers <= 4; workers++) {
            try (Pool pool = new Pool(workers)) {
                for (int repeat = 0; repeat < 2000; repeat++) {
                    assertEachOnce(pool, repeat % 23);
                }
            }
        }
    }

    @Test
    void parkedWorkersWake() {
        try (Pool pool = new Pool(3)) {
            for (int repeat = 0; repeat < 20; repeat++) {
                LockSupport.parkNanos(2_000_000);
                assertEachOnce(pool, 7);
            }
        }
    }

    @Test
    void nestedCallsRunInside() {
        try (Pool pool = new Pool(2)) {
            int[] sums = new int[8];
            pool.run(8, (task, worker) -> pool.run(5, (inner, w) -> sums[task] += inner));
            assertArrayEquals(new int[] {10, 10, 10, 10, 10, 10, 10, 10}, sums);
        }
    }

    @Test
    void manyCallersAtOnce() throws InterruptedException {
        try (Pool pool = new Pool(2)) {
            AtomicInteger total = new AtomicInteger();
            List<Thread> callers = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                callers.add(Thread.ofPlatform().start(() -> {
                    for (int repeat = 0; repeat < 500; repeat++) {
                        pool.run(10, (task, worker) -> total.incrementAndGet());
                    }
                }));
            }
            for (Thread caller : callers) {
                caller.join();
            }
            assertEquals(4 * 500 * 10, total.get());
        }
    }

    @Test
    void failuresReachTheCaller() {
        try (Pool pool = new Pool(2)) {
            for (int repeat = 0; repeat < 100; repeat++) {
                AtomicInteger others = new AtomicInteger();
                IllegalStateException failure = new IllegalStateException("task 3");
                IllegalStateException seen = assertThrows(IllegalStateException.class, () -> pool.run(10, (task, w) -> {
                    if (task == 3) {
                        throw failure;
                    }
                    others.incrementAndGet();
                }));
                assertSame(failure, seen);
                assertEquals(9, others.get());
                assertEachOnce(pool, 10);
            }
        }
    }

    @Test
    void callsAllocateNothing() {
        var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        try (Pool pool = new Pool(2)) {
            AtomicInteger total = new AtomicInteger();
            Pool.Task task = (number, worker) -> total.incrementAndGet();
            long allocated = Long.MAX_VALUE;
            for (int attempt = 0; attempt < 20 && allocated > 0; attempt++) {
                long before = threads.getCurrentThreadAllocatedBytes();
                for (int repeat = 0; repeat < 2000; repeat++) {
                    pool.run(4, task);
                }
                allocated = threads.getCurrentThreadAllocatedBytes() - before;
            }
            assertEquals(0, allocated);
        }
    }
}
