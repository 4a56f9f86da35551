package dev.gamelan.codegen;

import dev.gamelan.codegen.blocks.BlockProgram;
import dev.gamelan.ir.Graph;
import dev.gamelan.kernel.Lowering;
import dev.gamelan.kernel.Schedule;
import dev.gamelan.kernel.Step;
import dev.gamelan.kernel.Target;
import dev.gamelan.pass.Passes;
import dev.gamelan.plan.MemoryPlan;
import dev.gamelan.plan.Planner;
import dev.gamelan.runtime.Backend;
import dev.gamelan.runtime.Checks;
import dev.gamelan.runtime.Debug;
import dev.gamelan.runtime.Executable;
import dev.gamelan.runtime.Pool;
import dev.gamelan.runtime.Profile;
import dev.gamelan.runtime.Program;
import java.util.Optional;
import java.util.stream.Collectors;

/** The backend {@code jvm}: fused kernels as bytecode, compiled by HotSpot to vector instructions. */
public final class JvmBackend implements Backend {

    private static final int MOST_SHOWN = 40;

    static {
        if (Debug.TIME) {
            Runtime.getRuntime().addShutdownHook(new Thread(() -> {
                Ceiling ceiling = Ceiling.measure(Pool.shared());
                Debug.print("time", Profile.table(ceiling.gigaflops(), ceiling.gigabytes(), MOST_SHOWN));
            }));
        }
    }

    /**
     * What is fused at most, unless the method gets too large nevertheless. HotSpot's first compiler runs out of virtual registers at half
     * as much again; the kernel then often stays where it is for ever, with an object for each vector.
     */
    private static final int LARGEST_KERNEL = 64;
    /** So many elements computed in blocks take longer than compiling what computes them well. */
    private static final long WORTH_WAITING = 1_000_000;

    private final Pool pool;
    private final int vectorBits;
    private final boolean blocks;

    /** With the threads of {@link Pool#shared} and vectors as wide as the machine's. The first begins to get ready for products of floats. */
    public JvmBackend() {
        this(Pool.shared());
        EarlyTile.begin();
    }

    /** With other threads. */
    public JvmBackend(Pool pool) {
        this(pool, VectorSupport.preferredBits(), true);
    }

    /** @param vectorBits 128, 256 or 512; 0 for code without vectors */
    public JvmBackend(Pool pool, int vectorBits) {
        this(pool, vectorBits, false);
    }

    /** @param blocks whether loops run as blocks of elements while their kernels are not compiled */
    JvmBackend(Pool pool, int vectorBits, boolean blocks) {
        this.pool = pool;
        this.vectorBits = vectorBits;
        this.blocks = blocks;
    }

    @Override
    public String name() {
        return "jvm";
    }

    @Override
    public Executable compile(Graph graph, int donated) {
        if (donated > 0) {
            // Steps of a training are large, and their kernels many.
            EarlyLoops.begin();
        }
        return compile(graph, donated, Purpose.RESULT);
    }

    @Override
    public Executable compileOnce(Graph graph) {
        Optional<Permutation> permutation = Permutation.of(graph, pool);
        if (permutation.isPresent()) {
            return permutation.get();
        }
        Optional<BlockProgram> blocks = BlockProgram.of(graph, pool);
        if (blocks.isEmpty()) {
            return compile(graph, 0, Purpose.ONCE);
        }
        if (blocks.get().elements() >= WORTH_WAITING) {
            // They would be computed several times as slowly, and HotSpot would compile the ordinary loops first.
            EarlyLoops.await();
        }
        return blocks.get();
    }

    @Override
    public Executable compileAgain(Graph graph) {
        return compile(graph, 0, Purpose.PART);
    }

    @Override
    public boolean awaitsFirstResult() {
        return Warm.isHolding();
    }

    private Executable compile(Graph graph, int donated, Purpose purpose) {
        Checks.donated(graph, donated);
        Graph optimized = Passes.optimize(copy(graph), (pass, result) -> {
            if (Debug.PASSES) {
                Debug.print("after " + pass.name(), result);
            }
        });
        if (Debug.GRAPH) {
            Debug.print("graph", graph);
            Debug.print("optimized graph", optimized);
        }
        return program(optimized, donated, purpose);
    }

    /** @param graph optimized, and of nodes that nobody else has */
    private Program program(Graph graph, int donated, Purpose purpose) {
        return program(graph, donated, purpose, pool, Integer.MAX_VALUE);
    }

    /** @param captured the first input that is the same in many runs on end */
    private Program program(Graph graph, int donated, Purpose purpose, Pool threads, int captured) {
        for (int largestKernel = LARGEST_KERNEL;; largestKernel /= 2) {
            try {
                return program(graph, donated, purpose, threads, captured, largestKernel);
            } catch (MethodTooLargeException e) {
                if (largestKernel == 0) {
                    throw e;
                }
            }
        }
    }

    private Program program(Graph graph, int donated, Purpose purpose, Pool threads, int captured, int largestKernel) {
        Schedule schedule = Lowering.lower(graph, donated, new Target(largestKernel, ConvolutionInstruction::readsPlanes));
        MemoryPlan plan = Planner.plan(schedule);
        if (Debug.KERNELS) {
            Debug.print("kernels: " + schedule.steps().size() + " steps, " + plan.arenaBytes() / 1024 + " KiB of pooled memory",
                    schedule.steps().stream().map(Step::describe).collect(Collectors.joining("\n")));
        }
        Bodies bodies = new Bodies() {
            @Override
            public Program branch(Graph body) {
                return program(body, 0, purpose.ofBodies(), threads, Integer.MAX_VALUE);
            }

            @Override
            public Program loop(Graph body, int captured, boolean alone) {
                return program(body, 0, purpose.ofBodies(), alone ? Pool.alone() : threads, captured);
            }
        };
        return new Linker(schedule, plan, threads, vectorBits, blocks, purpose, bodies, captured).link();
    }

    /** The same graph of nodes that nobody else can settle. */
    private static Graph copy(Graph graph) {
        return graph.rewrite(graph::copy);
    }
}
