package dev.gamelan.runtime;

import dev.gamelan.plan.MemoryPlan;
import java.lang.ref.SoftReference;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Memory that a program borrows for the time of a run. Programs that run one after another share it, so that a process needs as much
 * as the largest of them, not as much as all. Contents are whatever was left there.
 */
final class Arena {

    /** Elements from which on sharing is worth more than asking for it costs. */
    static final int SHARED = 64 * 1024;

    private static final List<Arena> IDLE = new ArrayList<>();

    private final int kind;
    private final int length;
    /** While nobody borrows it, a JVM that needs memory may take it. */
    private final SoftReference<Object> memory;
    private @Nullable Object array;

    private Arena(int kind, int length) {
        this.kind = kind;
        this.length = length;
        Object made = MemoryPlan.newArena(kind, length);
        this.array = made;
        this.memory = new SoftReference<>(made);
    }

    /**
     * The shortest that is idle and long enough, or a new one; then the longest of those that are too short is dropped.
     *
     * @param kind as of {@link MemoryPlan#arenaOf}
     */
    static Arena borrow(int kind, int length) {
        synchronized (IDLE) {
            Arena best = null;
            Arena tooShort = null;
            for (int i = IDLE.size() - 1; i >= 0; i--) {
                Arena arena = IDLE.get(i);
                if (arena.kind != kind) {
                    continue;
                }
                if (arena.length >= length && (best == null || arena.length < best.length)) {
                    best = arena;
                } else if (arena.length < length && (tooShort == null || arena.length > tooShort.length)) {
                    tooShort = arena;
                }
            }
            if (best != null) {
                IDLE.remove(best);
                best.array = best.memory.get();
                if (best.array != null) {
                    return best;
                }
            } else if (tooShort != null) {
                IDLE.remove(tooShort);
            }
        }
        return new Arena(kind, length);
    }

    Object array() {
        return Objects.requireNonNull(array);
    }

    void giveBack() {
        array = null;
        synchronized (IDLE) {
            IDLE.add(this);
        }
    }
}
