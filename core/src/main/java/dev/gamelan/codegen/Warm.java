package dev.gamelan.codegen;

import dev.gamelan.runtime.Allocation;
import dev.gamelan.runtime.Debug;
import java.lang.management.ManagementFactory;
import java.util.concurrent.BlockingDeque;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingDeque;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * A kernel that is brought to full speed in the background, on data of no meaning: until HotSpot has compiled it, each of its vectors
 * is an object, and a call takes a hundred times as long. Whoever has another way to the same bits takes that until the kernel
 * {@link #isReady}; whoever has much to do and no other way had better {@link #await} it.
 *
 * <p>HotSpot sometimes compiles a method for good while its profile is poor: where the queue of its last compiler is long, an earlier one
 * leaves the profile out. Vectors then stay objects for ever. Such a kernel is defined anew, and its next class gets another chance.
 *
 * @param <K> the interface of the kernel
 */
final class Warm<K> {
    /** Calls a kernel once. */
    @FunctionalInterface
    interface Call<K> {
        /** @param number of the call, from 0 for each definition of the kernel */
        void run(K kernel, int number);
    }

    /** After so many calls HotSpot has not compiled the kernel well. */
    private static final int MOST_CALLS = 60_000;
    /** After so many calls HotSpot has been asked for the kernel, however long its queue is. */
    private static final int ASKED = 55_000;
    /** Calls between pauses in which it may come to that. */
    private static final int CALLS_PER_PAUSE = 8;
    private static final int MOST_SECONDS = 2;
    private static final long WORTH_WAITING = 2_000_000;
    private static final BlockingDeque<Warm<?>> WAITING = new LinkedBlockingDeque<>();

    static {
        Thread.ofPlatform().daemon().name("gamelan-warm-up").start(Warm::serve);
    }

    private final Supplier<K> definition;
    private final Call<K> call;
    private final Warmth warmth = new Warmth(MOST_CALLS);
    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile K kernel;

    private Warm(Supplier<K> definition, Call<K> call) {
        this.definition = definition;
        this.call = call;
        this.kernel = definition.get();
    }

    /** @param definition defines a new class of the kernel */
    static <K> Warm<K> start(Supplier<K> definition, Call<K> call) {
        Warm<K> warm = new Warm<>(definition, call);
        WAITING.add(warm);
        return warm;
    }

    /**
     * Defines a kernel as {@link KernelClass#define} does, under a name by which a JVM is told not to call it while HotSpot compiles it:
     * {@code -XX:CompileCommand=BackgroundCompilation,dev.gamelan.codegen.Warmed*::*,false}.
     */
    static <K> K define(Class<K> type, String name, Lanes lanes, Consumer<Assembler> body) {
        return KernelClass.define(type, "Warmed" + name, lanes, body);
    }

    /** The kernel, at full speed or not. */
    K kernel() {
        return kernel;
    }

    /** The kernel at full speed, or until then another way to the same bits. */
    K kernelOr(K other) {
        return isReady() ? kernel : other;
    }

    /** Whether the kernel runs at full speed. */
    boolean isReady() {
        return warmth.isWarm();
    }

    /** Waits until the kernel is ready, or does not become so soon, for a second or two at most. It is the next to be warmed up. */
    void await() {
        if (isReady()) {
            return;
        }
        if (WAITING.remove(this)) {
            WAITING.addFirst(this);
        }
        try {
            ended.await(MOST_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    /** Waits as {@link #await()} does, if there are so many multiply-adds to do that this saves time. */
    void awaitFor(long operations) {
        if (isWorthWaiting(operations)) {
            await();
        }
    }

    /** Whether so many multiply-adds take longer without compiled kernels than compiling takes. */
    static boolean isWorthWaiting(long operations) {
        return operations >= WORTH_WAITING;
    }

    /**
     * Whether a call had better do next to nothing, as the interpreter does it; only later calls teach the compiler what the kernel usually
     * does.
     */
    static boolean isInterpreted(int number) {
        return number < Threshold.CALLS;
    }

    /** Looked up by the thread that warms kernels up, not by those that link them. */
    private static final class Threshold {
        private static final String SOON = "CompileThresholdScaling,dev.gamelan.codegen.Warmed";
        /**
         * What HotSpot lets it do before it compiles a first time: Tier3InvocationThreshold is 200, looked at every 128 calls; with the
         * launcher's options it is 4.
         */
        static final int CALLS = ManagementFactory.getRuntimeMXBean().getInputArguments().stream().anyMatch(option -> option.contains(SOON))
                ? 16 : 256;
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
    private void tryRun() throws InterruptedException {
        try {
            run();
        } catch (RuntimeException e) {
            Debug.print("warm-up", e);
        }
    }

    private void run() throws InterruptedException {
        try {
            for (int number = 0; !isReady() && !warmth.isOverdue(); number++) {
                long before = Allocation.bytes();
                call.run(kernel, number);
                warmth.count(Allocation.bytes() - before);
                if (number >= ASKED && number % CALLS_PER_PAUSE == 0) {
                    Thread.sleep(1);
                }
            }
        } finally {
            ended.countDown();
        }
        if (warmth.isStuck()) {
            kernel = definition.get();
            warmth.again();
            WAITING.add(this);
        }
    }
}
