package dev.gamelan.codegen;

import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Node;
import dev.gamelan.kernel.Lowering;
import dev.gamelan.kernel.Schedule;
import dev.gamelan.pass.Passes;
import dev.gamelan.plan.MemoryPlan;
import dev.gamelan.plan.Planner;
import dev.gamelan.runtime.Backend;
import dev.gamelan.runtime.Checks;
import dev.gamelan.runtime.Executable;
import dev.gamelan.runtime.Pool;
import dev.gamelan.runtime.Program;

/** The backend {@code jvm}: fused kernels as bytecode, compiled by HotSpot to vector instructions. */
public final class JvmBackend implements Backend {

    private final Pool pool;

    /** With the threads of {@link Pool#shared}. */
    public JvmBackend() {
        this(Pool.shared());
    }

    public JvmBackend(Pool pool) {
        this.pool = pool;
    }

    @Override
    public String name() {
        return "jvm";
    }

    @Override
    public Executable compile(Graph graph, int donated) {
        Checks.donated(graph, donated);
        return program(Passes.optimize(copy(graph)), donated);
    }

    /** @param graph optimized, and of nodes that nobody else has */
    private Program program(Graph graph, int donated) {
        Schedule schedule = Lowering.lower(graph, donated);
        MemoryPlan plan = Planner.plan(schedule);
        return new Linker(schedule, plan, pool, body -> program(body, 0)).link();
    }

    /** The same graph of nodes that nobody else can settle. */
    private static Graph copy(Graph graph) {
        return graph.rewrite((node, operands) -> Node.of(graph.op(node), operands, node.origin()));
    }
}
