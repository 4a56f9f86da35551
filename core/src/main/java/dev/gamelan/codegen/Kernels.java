package dev.gamelan.codegen;

import dev.gamelan.kernel.LoopKernel;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** The kernels of the process, found again by their structure: a new shape compiles nothing new. */
final class Kernels {

    /** A kernel's code and whether it is compiled. */
    record Loaded(LoopCode code, Warmth warmth) {}

    private static final Map<LoopKernel, Loaded> LOADED = new ConcurrentHashMap<>();
    private static final AtomicInteger COUNT = new AtomicInteger();

    private Kernels() {}

    static Loaded of(LoopKernel kernel) {
        return LOADED.computeIfAbsent(kernel, key -> new Loaded(LoopEmitter.emit(key, "Loop" + COUNT.incrementAndGet()), new Warmth()));
    }
}
