package dev.gamelan.codegen.blocks;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * A loop that gets few elements at a time until HotSpot has most likely compiled it. HotSpot counts calls and turns: many turns in few calls
 * make it compile the loop in the midst of a call, for which there is little use here, and the method once more. So it is compiled after many
 * calls only, and sooner by the first compiler.
 */
public final class ColdLoop implements Loop {

    /** Elements of a piece. */
    private static final int PIECE = 32;
    /** After so many elements HotSpot has seen enough. */
    private static final int ENOUGH = 1000 * PIECE;

    private static final Map<Loop, ColdLoop> KNOWN = new ConcurrentHashMap<>();

    private final Loop loop;
    /** Threads may miss what others counted. */
    private int elements;
    private volatile @Nullable Loop replacement;

    private ColdLoop(Loop loop) {
        this.loop = loop;
    }

    /** The same loop, of which the process has one. */
    public static ColdLoop of(Loop loop) {
        return KNOWN.computeIfAbsent(loop, ColdLoop::new);
    }

    /**
     * Another loop does its work from now on.
     *
     * @param compiled computes the same bits; what it writes behind the last element, up to a whole vector, is never read
     */
    public void replace(Loop compiled) {
        replacement = compiled;
    }

    @Override
    public void run(Object a, Object b, Object c, Object out, int from, int to) {
        Loop compiled = replacement;
        if (compiled != null) {
            compiled.run(a, b, c, out, from, to);
            return;
        }
        if (elements >= ENOUGH) {
            loop.run(a, b, c, out, from, to);
            return;
        }
        elements += to - from;
        for (int piece = from; piece < to; piece += PIECE) {
            loop.run(a, b, c, out, piece, Math.min(to, piece + PIECE));
        }
    }
}
