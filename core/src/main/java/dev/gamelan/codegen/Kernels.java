package dev.gamelan.codegen;

import dev.gamelan.kernel.LoopKernel;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** The kernels of the process, found again by their structure: a new shape compiles nothing new. */
final class Kernels {

    /** A kernel's code and whether it is compiled. */
    static final class Loaded {
        private final Key key;
        private final Warmth warmth = new Warmth(MOST_CALLS);
        private final Map<Boolean, Optional<BlockCode>> blocks = new ConcurrentHashMap<>();
        private final AtomicLong nanosOfBlocks = new AtomicLong();
        private final AtomicBoolean practiced = new AtomicBoolean();
        private long nanosOfPractice;
        private int calls;
        private volatile @Nullable LoopCode code;

        private Loaded(Key key) {
            this.key = key;
        }

        /** The code, which is emitted when it is asked for first. */
        LoopCode code() {
            LoopCode known = code;
            return known == null ? emitOnce() : known;
        }

        private synchronized LoopCode emitOnce() {
            LoopCode known = code;
            if (known == null) {
                known = emit(key);
                code = known;
            }
            return known;
        }

        boolean isWarm() {
            return warmth.isWarm();
        }

        /** Counts one call during which {@code bytes} were allocated. */
        void count(long bytes) {
            warmth.count(bytes);
            if (warmth.isStuck()) {
                // HotSpot sometimes leaves a large method in its first compiler, or compiles it poorly while it has much to do. As a new class
                // it gets a new chance, ever later.
                code = emit(key);
                calls = 0;
                warmth.again(MOST_CALLS << warmth.tries());
            }
        }

        /**
         * The kernel as steps over blocks; nothing where there are no loops for it. Code that might get too large is emitted now, while
         * smaller kernels can still be made instead.
         */
        Optional<BlockCode> blocks(boolean wholeRows) {
            return blocks.computeIfAbsent(wholeRows, whole -> {
                Optional<BlockCode> found = BlockBuilder.build(key.kernel, LoopTypes.lanes(key.kernel, key.vectorBits), whole);
                if (found.isPresent() && (LoopTypes.isStrided(key.kernel) || found.get().hasCalls() || isLarge(key.kernel))) {
                    code();
                }
                return found;
            });
        }

        /** Counts time that the kernel took as blocks. */
        void countBlocks(long nanos) {
            nanosOfBlocks.addAndGet(nanos);
        }

        /**
         * Nanoseconds for which the caller, and no other thread before it says {@link #endPractice}, should call the kernel itself, so that HotSpot
         * compiles it; 0 if it should not. What runs once and takes a few milliseconds altogether needs no kernel, and what takes more
         * should not wait for it.
         *
         * @param again whether the loop has run before, so that it will most likely run often
         */
        long beginPractice(boolean again) {
            long share = nanosOfBlocks.get() - (again ? 0 : Warm.isHolding() ? WORTH_COMPILING_NOW : WORTH_COMPILING);
            if (share <= 0 || !practiced.compareAndSet(false, true)) {
                return 0;
            }
            boolean known = calls >= Enough.CALLS;
            long left = share / (again ? known ? 3 : 1 : known ? 16 : 2) - nanosOfPractice;
            if (left <= 0) {
                practiced.set(false);
                return 0;
            }
            // What was not thought to be large stays as blocks for ever: nobody else begins, as this does not end.
            return isEmitted() ? left : 0;
        }

        private boolean isEmitted() {
            try {
                code();
                return true;
            } catch (MethodTooLargeException e) {
                return false;
            }
        }

        /** Ends what {@link #beginPractice} began. */
        void endPractice(long nanos, int number) {
            nanosOfPractice += nanos;
            calls += number;
            practiced.set(false);
        }
    }

    /** Looked up when a kernel is called first. */
    private static final class Enough {
        /** Slices after which HotSpot usually compiles a kernel for good; with the launcher's options they are few. */
        static final int CALLS = KernelClass.isCompiledSoon("FusedLoop") ? 50 : 1_000;
    }

    private record Key(LoopKernel kernel, int vectorBits) {}

    /** Calls after which a kernel that HotSpot compiles well allocates nothing. */
    private static final int MOST_CALLS = 20_000;

    /** Time in blocks after which a kernel is emitted and compiled. */
    private static final long WORTH_COMPILING = 10_000_000;
    /** The same while somebody waits for the first result. */
    private static final long WORTH_COMPILING_NOW = 100_000_000;

    private static final Map<Key, Loaded> LOADED = new ConcurrentHashMap<>();
    private static final AtomicInteger COUNT = new AtomicInteger();

    /** Values of all passes over a row together, above which code may get too large. */
    private static final int MANY_VALUES = 128;

    private Kernels() {}

    /** Whether code may get too large: each reduction of a row is a pass over it, which computes again what it needs. */
    private static boolean isLarge(LoopKernel kernel) {
        long passes = 1 + kernel.values().stream().filter(value -> value.expr() instanceof LoopKernel.Expr.Reduction).count();
        return kernel.values().size() * passes > MANY_VALUES;
    }

    static Loaded of(LoopKernel kernel, int vectorBits) {
        return LOADED.computeIfAbsent(new Key(kernel, vectorBits), Loaded::new);
    }

    private static LoopCode emit(Key key) {
        return LoopEmitter.emit(key.kernel(), LoopTypes.lanes(key.kernel(), key.vectorBits()), "FusedLoop" + COUNT.incrementAndGet());
    }

    /** Knows no kernel any more: tests begin as a new process does. */
    static void forget() {
        LOADED.clear();
    }

    /** Takes every kernel for compiled: tests reach full ranges and all threads without warming up. */
    static void assumeCompiled() {
        LOADED.values().forEach(loaded -> loaded.warmth.assume());
    }
}
