package dev.gamelan.tensor;

import java.util.function.Supplier;

/** Whether this thread is inside of a function that is being traced, and how many tensors it made outside of one. */
final class Trace {

    private static final ThreadLocal<Trace> CURRENT = ThreadLocal.withInitial(Trace::new);

    private int depth;
    private int made;

    private Trace() {}

    static boolean active() {
        return CURRENT.get().depth > 0;
    }

    static <T> T run(Supplier<T> body) {
        Trace trace = CURRENT.get();
        trace.depth++;
        try {
            return body.get();
        } finally {
            trace.depth--;
        }
    }

    /** Counts a tensor that is made outside of a trace; true every so many. */
    static boolean everyNth(int interval) {
        Trace trace = CURRENT.get();
        if (trace.depth > 0 || ++trace.made < interval) {
            return false;
        }
        trace.made = 0;
        return true;
    }
}
