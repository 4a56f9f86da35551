package dev.gamelan.codegen;

import dev.gamelan.runtime.Allocation;
import dev.gamelan.runtime.Debug;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.BlockingDeque;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingDeque;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A kernel that is brought to full speed in the background, on data of no meaning: until HotSpot has compiled it, each of its vectors
 * is an object, and a call takes a hundred times as long. Whoever has another way to the same bits takes that until the kernel
 * {@link #isReady}; whoever has much to do and no other way had better {@link #await} it.
 *
 * <p>HotSpot sometimes compiles a method for good while its profile is poor: where the queue of its last compiler is long, an earlier one
 * leaves the profile out. Vectors then stay objects for ever. Such a kernel is defined anew after a rest, and its next class gets another
 * chance.
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
    private static final int LAST_CALLS = 20;
    /** A refined kernel that takes so many times as long as the other is none. */
    private static final double WORSE = 1.5;
    private static final int ROUNDS = 10;
    /** How long a kernel rests before it is defined anew, doubled each time: while HotSpot is busy, it would fare no better. */
    private static final long FIRST_REST = 1_000_000_000;
    /** The weight of most kernels ... */
    static final long KERNEL = 0;
    /** ... of those that something else is worth less time than ... */
    static final long SMALL = -1;
    /** ... and of those whose work others at full speed do until they are ready, with a little more to do. */
    static final long REFINEMENT = -2;
    /** Of those that do the same as another that is ready by then. */
    static final long REPLACEMENT = -3;

    private static final int MOST_SECONDS = 2;
    private static final long WORTH_WAITING = 2_000_000;
    /** Milliseconds between looks at those that rest, or are held back. */
    private static final long LOOK_AGAIN = 100;
    /** For how long kernels are held back at most. */
    private static final long LONGEST_HOLD = 2_000_000_000;
    private static final BlockingDeque<Warm<?>> WAITING = new LinkedBlockingDeque<>();
    /** Those that wait for the first result of the process; null since it is there. */
    private static volatile @Nullable List<Warm<?>> held = new ArrayList<>();
    private static final long BEGAN = System.nanoTime();
    /** Those that HotSpot has not compiled well, the next first. */
    private static final PriorityQueue<Warm<?>> RESTING = new PriorityQueue<>((a, b) -> Long.signum(a.rested - b.rested));

    static {
        Thread.ofPlatform().daemon().name("gamelan-warm-up").start(Warm::serve);
    }

    private final Supplier<K> definition;
    private final Call<K> call;
    private final Warmth warmth = new Warmth(MOST_CALLS);
    private final CountDownLatch ended = new CountDownLatch(1);
    /** Of those that wait the next is the one of most weight. */
    private final LongSupplier weight;
    /** Does the same faster, as soon as it is ready; null if there is none. */
    private final @Nullable Warm<K> refined;
    /** The kernel that this one is the refined form of, if it is one. */
    private volatile @Nullable Warm<K> replaced;
    /** It is ready and no slower than {@link #replaced}: where HotSpot has not inlined all of it, nothing else shows that. */
    private volatile boolean isBetter;
    private volatile boolean awaited;
    private volatile @Nullable K kernel;
    private long rested;

    private Warm(Supplier<K> definition, Call<K> call, LongSupplier weight, @Nullable Warm<K> refined) {
        this.definition = definition;
        this.call = call;
        this.weight = weight;
        this.refined = refined;
    }

    /** @param definition defines a new class of the kernel, now and whenever HotSpot has not compiled it well */
    static <K> Warm<K> start(Supplier<K> definition, Call<K> call) {
        return start(definition, call, () -> KERNEL);
    }

    /** @param weight what has been spent for want of it */
    static <K> Warm<K> start(Supplier<K> definition, Call<K> call, LongSupplier weight) {
        Warm<K> warm = new Warm<>(definition, call, weight, null);
        WAITING.add(warm);
        return warm;
    }

    /**
     * As {@link #start}, for kernels whose work something else does nearly as fast: they are not even defined until the process has its first
     * result, which comes earlier without them, or has waited for it for long. They are warmed up then.
     */
    static <K> Warm<K> later(Supplier<K> definition, Call<K> call) {
        return later(definition, call, KERNEL);
    }

    /** @param weight of those that wait the next is the one of most */
    static <K> Warm<K> later(Supplier<K> definition, Call<K> call, long weight) {
        return later(definition, call, weight, null);
    }

    /**
     * As {@link #later(Supplier, Call, long)}, for a kernel that there is another form of with the same bits.
     *
     * @param refined is used instead as soon as it is ready; HotSpot takes longer for it
     */
    static <K> Warm<K> later(Supplier<K> definition, Call<K> call, long weight, @Nullable Warm<K> refined) {
        Warm<K> warm = new Warm<>(definition, call, () -> weight, refined);
        if (refined != null) {
            refined.replaced = warm;
        }
        synchronized (WAITING) {
            Collection<Warm<?>> holding = held;
            (holding == null ? WAITING : holding).add(warm);
        }
        return warm;
    }

    /** The process has its first result. */
    static void release() {
        if (isHolding()) {
            synchronized (WAITING) {
                Collection<Warm<?>> holding = held;
                if (holding != null) {
                    WAITING.addAll(holding);
                    held = null;
                }
            }
        }
    }

    /** Whether nothing should be compiled now that is not waited for. */
    static boolean isHolding() {
        return held != null;
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
        Warm<K> better = refined;
        return better != null && better.isBetter ? better.own() : own();
    }

    private K own() {
        K known = kernel;
        return known == null ? define() : known;
    }

    private synchronized K define() {
        K known = kernel;
        if (known == null) {
            known = definition.get();
            kernel = known;
        }
        return known;
    }

    /** The kernel at full speed, or until then another way to the same bits. */
    K kernelOr(K other) {
        return isReady() ? kernel() : other;
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
        awaited = true;
        synchronized (WAITING) {
            Collection<Warm<?>> holding = held;
            if (WAITING.remove(this) || holding != null && holding.remove(this)) {
                WAITING.addFirst(this);
            }
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
        /**
         * What HotSpot lets it do before it compiles a first time: Tier3InvocationThreshold is 200, looked at every 128 calls; with the
         * launcher's options it is 4.
         */
        static final int CALLS = KernelClass.isCompiledSoon("Warmed") ? 16 : 256;
    }

    private static void serve() {
        try {
            while (true) {
                if (System.nanoTime() - BEGAN > LONGEST_HOLD) {
                    release();
                }
                Warm<?> next = RESTING.isEmpty() && !isHolding() ? WAITING.take() : WAITING.poll(LOOK_AGAIN, TimeUnit.MILLISECONDS);
                if (next == null && !RESTING.isEmpty()) {
                    next = rested();
                }
                if (next != null) {
                    heaviest(next).tryRun();
                }
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    /** The one of most weight, of the next and those behind it. */
    private static Warm<?> heaviest(Warm<?> next) {
        synchronized (WAITING) {
            Warm<?> best = next;
            for (Warm<?> other : WAITING) {
                best = other.weight() > best.weight() ? other : best;
            }
            if (best != next && WAITING.remove(best)) {
                WAITING.addFirst(next);
                return best;
            }
        }
        return next;
    }

    private long weight() {
        return awaited ? Long.MAX_VALUE : weight.getAsLong();
    }

    /** The next of those that rest; null while they go on resting. Called by the one thread that adds them. */
    private static @Nullable Warm<?> rested() {
        return RESTING.element().rested - System.nanoTime() > 0 ? null : RESTING.remove();
    }

    /** After a rest, in which HotSpot may have come to it. */
    private void defineAnew() {
        for (int number = MOST_CALLS; number < MOST_CALLS + LAST_CALLS; number++) {
            practice(number);
        }
        if (!isReady()) {
            kernel = definition.get();
            warmth.again(MOST_CALLS);
        }
    }

    private void practice(int number) {
        long before = Allocation.bytes();
        call.run(own(), number);
        warmth.count(Allocation.bytes() - before);
    }

    /** The least nanoseconds of some calls. */
    private long nanos() {
        long least = Long.MAX_VALUE;
        for (int round = 0; round < ROUNDS; round++) {
            long start = System.nanoTime();
            for (int number = MOST_CALLS; number < MOST_CALLS + LAST_CALLS; number++) {
                call.run(own(), number);
            }
            least = Math.min(least, System.nanoTime() - start);
        }
        return least;
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
            if (warmth.isOverdue()) {
                defineAnew();
            }
            for (int number = 0; !isReady() && !warmth.isOverdue(); number++) {
                practice(number);
            }
            Warm<K> other = replaced;
            isBetter = other != null && isReady() && (!other.isReady() || nanos() <= WORSE * other.nanos());
        } finally {
            ended.countDown();
        }
        if (warmth.isStuck()) {
            rested = System.nanoTime() + (FIRST_REST << warmth.tries());
            RESTING.add(this);
        }
    }
}
