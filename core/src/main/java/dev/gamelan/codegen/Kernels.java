package dev.gamelan.codegen;

import dev.gamelan.kernel.LoopKernel;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** The kernels of the process, found again by their structure: a new shape compiles nothing new. */
final class Kernels {

    /** A kernel's code and whether it is compiled. */
    record Loaded(LoopCode code, Warmth warmth) {}

    private record Key(LoopKernel kernel, int vectorBits) {}

    private static final Map<Key, Loaded> LOADED = new ConcurrentHashMap<>();
    private static final AtomicInteger COUNT = new AtomicInteger();

    private Kernels() {}

    static Loaded of(LoopKernel kernel, int vectorBits) {
        return LOADED.computeIfAbsent(new Key(kernel, vectorBits), _ -> new Loaded(
                LoopEmitter.emit(kernel, LoopTypes.lanes(kernel, vectorBits), "Loop" + COUNT.incrementAndGet()), new Warmth()));
    }

    /** Takes every kernel for compiled: tests reach full ranges and all threads without warming up. */
    static void assumeCompiled() {
        LOADED.values().forEach(loaded -> loaded.warmth().assume());
    }
}
