package dev.gamelan.codegen;

import dev.gamelan.kernel.LoopKernel;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** The kernels of the process, found again by their structure: a new shape compiles nothing new. */
final class Kernels {

    /** A kernel's code and whether it is compiled. */
    static final class Loaded {
        private final Key key;
        private final Warmth warmth = new Warmth(MOST_CALLS);
        private volatile LoopCode code;

        private Loaded(Key key) {
            this.key = key;
            this.code = emit(key);
        }

        LoopCode code() {
            return code;
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
                warmth.again(MOST_CALLS << warmth.tries());
            }
        }
    }

    private record Key(LoopKernel kernel, int vectorBits) {}

    /** Calls after which a kernel that HotSpot compiles well allocates nothing. */
    private static final int MOST_CALLS = 20_000;

    private static final Map<Key, Loaded> LOADED = new ConcurrentHashMap<>();
    private static final AtomicInteger COUNT = new AtomicInteger();

    private Kernels() {}

    static Loaded of(LoopKernel kernel, int vectorBits) {
        return LOADED.computeIfAbsent(new Key(kernel, vectorBits), Loaded::new);
    }

    private static LoopCode emit(Key key) {
        return LoopEmitter.emit(key.kernel(), LoopTypes.lanes(key.kernel(), key.vectorBits()), "Loop" + COUNT.incrementAndGet());
    }

    /** Takes every kernel for compiled: tests reach full ranges and all threads without warming up. */
    static void assumeCompiled() {
        LOADED.values().forEach(loaded -> loaded.warmth.assume());
    }
}
