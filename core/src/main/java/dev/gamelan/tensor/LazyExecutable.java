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

    private final Graph graph;
    private @Nullable Executable executable;
    private int runs;

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
        } else if (runs == RUNS_IN_A_HURRY) {
            current = Backend.preferred().compileAgain(graph);
        }
        runs = Math.min(runs + 1, RUNS_IN_A_HURRY + 1);
        executable = current;
        return current;
    }
}
