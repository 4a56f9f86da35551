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

    private final Graph graph;
    private @Nullable Executable executable;
    private int runs;
    private boolean compiledAgain;

    LazyExecutable(Graph graph) {
        this.graph = graph;
    }

    List<Data> run(List<Data> inputs) {
        return executable().run(inputs);
    }

    private synchronized Executable executable() {
        Executable current = executable;
        if (current == null) {
            current = Backend.preferred().compileOnce(graph);
        } else if (!compiledAgain && runs >= mostRunsInAHurry()) {
            current = Backend.preferred().compileAgain(graph);
            compiledAgain = true;
        }
        runs = Math.min(runs + 1, RUNS_BEFORE_THE_FIRST_RESULT);
        executable = current;
        return current;
    }

    private static int mostRunsInAHurry() {
        return Backend.preferred().awaitsFirstResult() ? RUNS_BEFORE_THE_FIRST_RESULT : RUNS_IN_A_HURRY;
    }
}
