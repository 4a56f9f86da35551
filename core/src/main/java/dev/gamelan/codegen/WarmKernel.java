package dev.gamelan.codegen;

import dev.gamelan.codegen.MicroKernels.Kind;
import dev.gamelan.runtime.Allocation;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * A micro-kernel that is brought to full speed in the background: until HotSpot has compiled it, each of its vectors is an
 * object, and its first calls take a hundred times as long. Whoever has another way to the same bits takes that until the kernel
 * {@link #isReady}.
 */
final class WarmKernel {
    private static final int DEPTH = 16;
    /** After so many calls the kernel is given up: HotSpot has not compiled it well. */
    private static final int MOST_CALLS = 200_000;
    private static final Map<Key, WarmKernel> KERNELS = new ConcurrentHashMap<>();
    private static final BlockingQueue<WarmKernel> COLD = new LinkedBlockingQueue<>();

    private record Key(ElementType type, Tile tile, Kind kind) {
    }

    static {
        Thread.ofPlatform().daemon().name("gamelan-warmer").start(WarmKernel::serve);
    }

    private final ElementType type;
    private final Tile tile;
    private final MicroKernel kernel;
    private final Warmth warmth = new Warmth();

    private WarmKernel(Key key) {
        this.type = key.type();
        this.tile = key.tile();
        this.kernel = MicroKernels.of(key.type(), key.tile(), key.kind());
        COLD.add(this);
    }

    /** The kernel, which begins to warm up when it is asked for first. */
    static WarmKernel of(ElementType type, Tile tile, Kind kind) {
        return KERNELS.computeIfAbsent(new Key(type, tile, kind), WarmKernel::new);
    }

    MicroKernel kernel() {
        return kernel;
    }

    /** Whether it runs at full speed. */
    boolean isReady() {
        return warmth.isWarm();
    }

    private static void serve() {
        try {
            while (true) {
                COLD.take().warmUp();
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private void warmUp() {
        Object a = Scratch.borrow(type, tile.rows() * DEPTH);
        Object b = Scratch.borrow(type, tile.columns() * DEPTH);
        Object c = Scratch.borrow(type, tile.rows() * tile.columns());
        for (int call = 0; call < MOST_CALLS && !warmth.isWarm(); call++) {
            long before = Allocation.bytes();
            kernel.run(a, 0, DEPTH, b, 0, tile.columns(), c, 0, tile.columns(), DEPTH, tile.lanes().count(), call % 2 == 0);
            warmth.count(Allocation.bytes() - before);
        }
        Scratch.giveBack(type, a);
        Scratch.giveBack(type, b);
        Scratch.giveBack(type, c);
    }
}
