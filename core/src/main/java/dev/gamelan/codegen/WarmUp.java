package dev.gamelan.codegen;

import dev.gamelan.runtime.Allocation;
import dev.gamelan.runtime.Debug;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;

/**
 * Brings an emitted kernel to full speed in the background, on data of no meaning: until HotSpot has compiled it, each of its
 * vectors is an object, and a call takes a hundred times as long. Whoever has another way to the same bits takes that until
 * the kernel {@link #isReady}; whoever has much to do and no other way had better {@link #await} it.
 */
final class WarmUp {
    /**
     * Calls that HotSpot lets the interpreter do before it compiles a first time (Tier3InvocationThreshold is 200, looked at every
     * 128 calls). They should do next to nothing; only the calls after them teach the compiler what the kernel usually does.
     */
    static final int INTERPRETED_CALLS = 256;
    /** After so many calls it is given up: HotSpot has not compiled the kernel well. */
    private static final int MOST_CALLS = 100_000;
    private static final int MOST_SECONDS = 2;
    /** Multiply-adds that take longer without compiled kernels than compiling takes. */
    private static final long WORTH_WAITING = 2_000_000;
    private static final BlockingQueue<WarmUp> WAITING = new LinkedBlockingQueue<>();

    static {
        Thread.ofPlatform().daemon().name("gamelan-warm-up").start(WarmUp::serve);
    }

    private final IntConsumer call;
    private final Warmth warmth = new Warmth();
    private final CountDownLatch ended = new CountDownLatch(1);

    private WarmUp(IntConsumer call) {
        this.call = call;
    }

    /** @param call calls the kernel once; gets the number of the call */
    static WarmUp start(IntConsumer call) {
        WarmUp warmUp = new WarmUp(call);
        WAITING.add(warmUp);
        return warmUp;
    }

    /** Whether the kernel runs at full speed. */
    boolean isReady() {
        return warmth.isWarm();
    }

    /** Waits until the kernel is ready or given up, for a second or two at most. */
    void await() {
        if (isReady()) {
            return;
        }
        try {
            ended.await(MOST_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    /** Waits as {@link #await()} does, if there are so many multiply-adds to do that this saves time. */
    void awaitFor(long operations) {
        if (operations >= WORTH_WAITING) {
            await();
        }
    }

    private static void serve() {
        try {
            while (true) {
                WAITING.take().tryRun();
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    /** A kernel that cannot be warmed up in this way works all the same. */
    private void tryRun() {
        try {
            run();
        } catch (RuntimeException e) {
            Debug.print("warm-up", e);
        }
    }

    private void run() {
        try {
            for (int number = 0; number < MOST_CALLS && !isReady(); number++) {
                long before = Allocation.bytes();
                call.accept(number);
                warmth.count(Allocation.bytes() - before);
            }
        } finally {
            ended.countDown();
        }
    }
}
