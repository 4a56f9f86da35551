package dev.gamelan.codegen;

import dev.gamelan.kernel.Costs;
import dev.gamelan.kernel.LoopKernel;
import dev.gamelan.kernel.Step;
import dev.gamelan.runtime.Allocation;
import java.util.List;
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
        /** Found once: looking at all of a kernel makes objects. */
        private final Lanes lanes;
        private final Warmth warmth = new Warmth(MOST_CALLS);
        private final Map<Boolean, Optional<BlockCode>> blocks = new ConcurrentHashMap<>();
        private final AtomicLong nanosOfBlocks = new AtomicLong();
        /** Since the process has its first result. */
        private final AtomicLong nanosOfLate = new AtomicLong();
        private final AtomicBoolean practices = new AtomicBoolean();
        private @Nullable LoopPractice practice;
        private long nanosOfPractice;
        private int calls;
        private volatile @Nullable LoopCode code;
        private boolean defined;
        private volatile @Nullable Warm<LoopCode> warm;
        private volatile boolean hasTails;

        private Loaded(Key key) {
            this.key = key;
            this.lanes = key.lanes();
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
            Warm<LoopCode> known = warm;
            return warmth.isWarm() || known != null && known.isReady();
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
                Optional<BlockCode> found = BlockBuilder.build(key.kernel, lanes, whole);
                if (found.isPresent() && (found.get().hasCalls() || isLarge(key))) {
                    code();
                }
                return found;
            });
        }

        /** Rows, or parts of rows, of so many elements will be computed: it matters whether they end within a vector. */
        void expectRows(int elements) {
            if (!hasTails && elements % lanes.count() != 0) {
                hasTails = true;
            }
        }

        /** Counts time that the kernel took as blocks. */
        void countBlocks(long nanos) {
            nanosOfBlocks.addAndGet(nanos);
            BLOCKS.addAndGet(nanos);
            if (!Warm.isHolding()) {
                nanosOfLate.addAndGet(nanos);
                LATE.addAndGet(nanos);
            }
        }

        /**
         * Calls the kernel for a while, so that HotSpot compiles it; one thread at a time. What runs once and takes a few milliseconds altogether
         * needs no kernel, and what takes more should not wait for it. Where who calls a kernel waits while HotSpot compiles it, as with the
         * launcher's options, the thread that warms others up does this, what has taken longest first: nobody else waits. So it does for loops that run
         * often, and take so little each time that their own share of time would last for seconds.
         *
         * @param runs before this one: if there are any, there will most likely be many
         */
        void practice(int runs) {
            boolean again = runs > 0;
            if (!isWorthPractice(again)) {
                return;
            }
            if (Enough.IS_WAITED_FOR || runs >= OFTEN && !Warm.isHolding()) {
                warmUp();
                return;
            }
            if (!practices.compareAndSet(false, true)) {
                return;
            }
            long nanos = Math.min(isKnown() ? Enough.NANOS : MOST_AT_ONCE, again ? shareOfAll() : ownShare());
            if (nanos > 0 && !isEmitted()) {
                // What was not thought to be large stays as blocks for ever: nobody else begins, as this does not end.
                return;
            }
            try {
                practice(nanos);
            } finally {
                practices.set(false);
            }
        }

        private void warmUp() {
            if (warm == null) {
                beginToWarmUp();
            }
        }

        private synchronized void beginToWarmUp() {
            if (warm == null) {
                LoopPractice own = new LoopPractice(key.kernel, lanes);
                warm = Warm.start(this::define, (kernel, number) -> own.call(kernel, number, practicesTails()),
                        this::weight);
            }
        }

        /** The code; another, once HotSpot has not compiled it well. */
        private synchronized LoopCode define() {
            LoopCode made = defined || code == null ? emit(key) : code();
            defined = true;
            code = made;
            return made;
        }

        private boolean isWorthPractice(boolean again) {
            long own = nanosOfBlocks.get();
            return own > worthCompiling() || again && own * SHARE >= BLOCKS.get();
        }

        private boolean isEmitted() {
            try {
                code();
                return true;
            } catch (MethodTooLargeException e) {
                return false;
            }
        }

        private long ownShare() {
            return (nanosOfBlocks.get() - worthCompiling()) / (isKnown() ? 16 : 2) - nanosOfPractice;
        }

        /** Of what all kernels took as blocks: one that takes little has far to go by itself, and each is called as often as any other. */
        private long shareOfAll() {
            return isKnown() ? BLOCKS.get() / Enough.RATIO - PRACTICE_OF_KNOWN.get() : BLOCKS.get() - PRACTICE.get();
        }

        private boolean isKnown() {
            return calls >= Enough.CALLS;
        }

        /** What has been spent in blocks lately, if that is much: then it goes before other kernels. */
        private long weight() {
            long own = nanosOfLate.get();
            return own * MUCH >= LATE.get() ? own : Warm.SMALL;
        }

        private boolean practicesTails() {
            return hasTails && !key.wholeVectors;
        }

        private void practice(long nanos) {
            long start = System.nanoTime();
            long spent = 0;
            AtomicLong all = isKnown() ? PRACTICE_OF_KNOWN : PRACTICE;
            while (spent < nanos && !isWarm()) {
                LoopPractice own = practice;
                if (own == null) {
                    own = new LoopPractice(key.kernel, lanes);
                    practice = own;
                }
                long before = Allocation.bytes();
                own.call(code(), calls++, practicesTails());
                count(Allocation.bytes() - before);
                spent = System.nanoTime() - start;
            }
            nanosOfPractice += spent;
            all.addAndGet(spent);
            if (isWarm()) {
                practice = null;
            }
        }
    }

    /** Looked up when a kernel is called first. */
    private static final class Enough {
        static final boolean IS_WAITED_FOR = KernelClass.isWaitedFor(NAME);
        /** Calls after which HotSpot usually compiles a kernel for good; with the launcher's options they are few. */
        static final int CALLS = KernelClass.isCompiledSoon(NAME) ? 50 : 1_000;
        /** Of time in blocks to that for more calls: without the options HotSpot may need many more, while it has much to compile. */
        static final int RATIO = KernelClass.isCompiledSoon(NAME) ? 3 : 1;
        /** The longest that a loop waits then. */
        static final long NANOS = KernelClass.isCompiledSoon(NAME) ? MOST_AT_ONCE : MOST_OF_KNOWN;
    }

    /** @param wholeVectors whether rows that are reduced end with a vector: then code has no tails, which would make it twice as large */
    private record Key(LoopKernel kernel, int vectorBits, boolean wholeVectors) {
        static Key of(Step.Loop loop, int vectorBits) {
            LoopKernel kernel = loop.kernel();
            int lanes = LoopTypes.lanes(kernel, vectorBits).count();
            boolean whole = kernel.form() == LoopKernel.Form.ROW_WISE && loop.extents().getLast() % lanes == 0;
            return new Key(kernel, vectorBits, whole);
        }

        Lanes lanes() {
            return LoopTypes.lanes(kernel, vectorBits);
        }
    }

    /** Calls after which a kernel that HotSpot compiles well allocates nothing. */
    private static final int MOST_CALLS = 20_000;

    /** Time in blocks after which a kernel is emitted and compiled. */
    private static final long WORTH_COMPILING = 10_000_000;
    /** The same while somebody waits for the first result. */
    private static final long WORTH_COMPILING_NOW = 100_000_000;

    /**
     * What the names of kernels begin with, and of no other class: by this the launcher tells HotSpot to compile them soon, and not into
     * their callers, which would be compiled again with each kernel.
     */
    static final String NAME = "FusedLoop";
    /** The longest that a loop waits for its kernel's practice. */
    private static final long MOST_AT_ONCE = 20_000_000;
    /** The same without the launcher's options, once HotSpot has most likely been asked for the kernel. */
    private static final long MOST_OF_KNOWN = 1_000_000;
    /** What part of what all kernels took as blocks one takes that is compiled early: HotSpot should begin with what takes longest. */
    private static final int SHARE = 256;
    /** Nanoseconds of all kernels together. */
    private static final AtomicLong BLOCKS = new AtomicLong();
    private static final AtomicLong LATE = new AtomicLong();
    /** What part of what all loops took since the process has its first result makes one go before other kernels. */
    private static final int MUCH = 32;
    private static final AtomicLong PRACTICE = new AtomicLong();
    private static final AtomicLong PRACTICE_OF_KNOWN = new AtomicLong();

    /** Runs of a loop after which it is not its own threads' work to get it compiled. */
    private static final int OFTEN = 500;

    /** Calls by the interpreter and later ones, with and without a tail, of one row and of several. */
    private static final List<Integer> NUMBERS = List.of(0, 1, 3, 100_000, 100_001, 100_003);

    private static final Map<Key, Loaded> LOADED = new ConcurrentHashMap<>();
    private static final AtomicInteger COUNT = new AtomicInteger();

    /** Values of all passes over a row together, above which code may get too large. */
    private static final int MANY_VALUES = 128;
    /** Bytes of a kernel with elements that are gathered one by one, by an estimate, above which they may be too many for HotSpot. */
    private static final long MUCH_CODE = 7000;
    /** Bytes for such an element, and for a unit of cost, in the midst of a row and at its end. */
    private static final long CODE_OF_ELEMENT = 120;
    private static final long CODE_OF_OPERATION = 70;

    private Kernels() {}

    /** Whether code may get too large: each reduction of a row is a pass over it, which computes again what it needs. */
    private static boolean isLarge(Key key) {
        LoopKernel kernel = key.kernel;
        long passes = 1 + kernel.values().stream().filter(value -> value.expr() instanceof LoopKernel.Expr.Reduction).count();
        long gathered = LoopTypes.strided(kernel) * key.lanes().count();
        return kernel.values().size() * passes > MANY_VALUES
                || gathered > 0 && passes * (gathered * CODE_OF_ELEMENT + cost(kernel) * CODE_OF_OPERATION) > MUCH_CODE;
    }

    private static long cost(LoopKernel kernel) {
        return kernel.values().stream().mapToLong(value -> value.expr() instanceof LoopKernel.Expr.Apply apply ? Costs.of(apply.op()) : 1)
                .sum();
    }

    /** The kernel of a loop, whose extents are any: only whether rows have a tail is part of it. */
    static Loaded of(Step.Loop loop, int vectorBits) {
        return LOADED.computeIfAbsent(Key.of(loop, vectorBits), Loaded::new);
    }

    private static long worthCompiling() {
        return Warm.isHolding() ? WORTH_COMPILING_NOW : WORTH_COMPILING;
    }

    private static LoopCode emit(Key key) {
        return LoopEmitter.emit(key.kernel(), key.lanes(), key.wholeVectors(), NAME + COUNT.incrementAndGet());
    }

    /** Knows no kernel any more: tests begin as a new process does. */
    static void forget() {
        LOADED.clear();
    }

    /** Emits every kernel: tests see whether those that were not thought to be large are small. */
    static void emitAll() {
        LOADED.values().forEach(Loaded::code);
    }

    /** Calls every kernel as it is called to warm it up: tests see whether it stays within its operands. */
    static void practice() {
        LOADED.forEach((key, loaded) -> {
            if (loaded.isEmitted()) {
                LoopPractice practice = new LoopPractice(key.kernel(), key.lanes());
                NUMBERS.forEach(number -> practice.call(loaded.code(), number, !key.wholeVectors()));
            }
        });
    }

    /** Takes every kernel for compiled: tests reach full ranges and all threads without warming up. */
    static void assumeCompiled() {
        LOADED.values().forEach(loaded -> loaded.warmth.assume());
    }
}
