package dev.gamelan.tensor;

import dev.gamelan.ir.Data;
import dev.gamelan.ir.Graph;
import dev.gamelan.runtime.Backend;
import dev.gamelan.runtime.Executable;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The program of a lazy expression: compiled in a hurry at first, as most run only once, and again with care if it goes on to run. */
final class LazyExecutable {
    private static final int RUNS_IN_A_HURRY = 2;
    /** The same, before the process has its first result. */
    private static final int RUNS_BEFORE_THE_FIRST_RESULT = 16;
    /**
     * Where runs take longer than this on average, they go on in a hurry until they have taken a second altogether: 4 million normal numbers
     * take 30 ms so, and with care 20 ms after ten runs, of which the first took 450.
     */
    private static final long LONG_NANOS = 10_000_000;
    private static final long COMPILING_NANOS = 1_000_000_000;

    private final Graph graph;
    private @Nullable Executable executable;
    private boolean withCare;
    private int runs;
    private long nanos;

    LazyExecutable(Graph graph) {
        this.graph = graph;
    }

    List<Data> run(List<Data> inputs) {
        Executable current = executable();
        long start = System.nanoTime();
        List<Data> results = current.run(inputs);
        noteRun(System.nanoTime() - start);
        return results;
    }

    private synchronized Executable executable() {
        Executable current = executable;
        if (current == null) {
            current = Backend.preferred().compileOnce(graph);
        } else if (!withCare && isWorthCare()) {
            current = Backend.preferred().compileAgain(graph);
            withCare = true;
        }
        executable = current;
        return current;
    }

    private boolean isWorthCare() {
        int inAHurry = Backend.preferred().awaitsFirstResult() ? RUNS_BEFORE_THE_FIRST_RESULT : RUNS_IN_A_HURRY;
        return runs >= inAHurry && (nanos < runs * LONG_NANOS || nanos >= COMPILING_NANOS);
    }

    private synchronized void noteRun(long taken) {
        if (!withCare) {
            runs++;
            nanos += taken;
        }
    }
}
