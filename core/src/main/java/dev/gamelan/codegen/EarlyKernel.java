package dev.gamelan.codegen;

import dev.gamelan.runtime.Allocation;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.IntConsumer;

/**
 * A kernel that is not emitted, so that HotSpot compiles it before any other, once, for everything, and the launcher's AOT cache has its
 * class. Those that not everybody needs begin when somebody most likely does.
 */
final class EarlyKernel {
    /** After so many calls HotSpot has not compiled it well. */
    private static final int MOST_CALLS = 20_000;
    private static final int MOST_SECONDS = 1;

    private final String name;
    /** Ends with {@link #warmUp}. */
    private final Runnable body;
    private final AtomicBoolean begun = new AtomicBoolean();
    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile boolean ready;

    EarlyKernel(String name, Runnable body) {
        this.name = name;
        this.body = body;
    }

    /** Begins to bring it to full speed, in the background, the first time that it is called. */
    void begin() {
        if (!begun.getAndSet(true)) {
            Thread.ofPlatform().daemon().name("gamelan-warm-" + name).start(() -> {
                try {
                    body.run();
                } finally {
                    ended.countDown();
                }
            });
        }
    }

    /**
     * Calls it until it is compiled.
     *
     * @param useful whether it is of use in this JVM
     * @param call   calls it once, on data of no meaning; what it is given is the number of the call
     */
    void warmUp(boolean useful, IntConsumer call) {
        Warmth warmth = new Warmth(MOST_CALLS);
        for (int number = 0; useful && !warmth.isWarm() && !warmth.isOverdue(); number++) {
            long before = Allocation.bytes();
            call.accept(number);
            warmth.count(Allocation.bytes() - before);
        }
        ready = warmth.isWarm();
    }

    /** Whether it runs at full speed. */
    boolean isReady() {
        return ready;
    }

    /** Waits until it runs at full speed, or does not soon; which begins with the first question. */
    boolean await() {
        if (!ready) {
            begin();
            try {
                boolean over = ended.await(MOST_SECONDS, TimeUnit.SECONDS);
                return over && ready;
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
            }
        }
        return ready;
    }
}
