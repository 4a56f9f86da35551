package dev.gamelan.pass;

import dev.gamelan.ir.Graph;
import java.util.List;
import java.util.function.BiConsumer;

/** The passes in the order in which they are applied: read from top to bottom, this is how a program is optimized. */
public final class Passes {

    /** Everything that happens before operations are grouped into kernels. */
    public static final List<Pass> ALL = List.of(
            new InlineCalls(),
            new CommonSubexpressions(),
            new MergeLoops(),
            new OptimizeBodies(),
            new Simplify(),
            new CommonSubexpressions(),
            new JoinPads(),
            new IntegerProducts(),
            new ReluMasks(),
            new SparseUpdates(),
            new StraightReductions(),
            new SplitReductions(),
            new PushLayouts(),
            new SinkUnitAxes(),
            new Simplify(),
            new CommonSubexpressions());

    private Passes() {}

    public static Graph optimize(Graph graph) {
        return optimize(graph, (_, _) -> {});
    }

    /** @param watcher sees the graph after each pass */
    public static Graph optimize(Graph graph, BiConsumer<Pass, Graph> watcher) {
        Graph result = graph;
        for (Pass pass : ALL) {
            result = pass.apply(result);
            watcher.accept(pass, result);
        }
        return result;
    }
}
