package dev.gamelan.oracle;

import dev.gamelan.grad.Gradients;
import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Ops;
import dev.gamelan.ir.Verifier;
import dev.gamelan.oracle.RandomGraphs.Program;
import dev.gamelan.runtime.Backend;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongFunction;

/** Holds a backend against the reference on random programs and their gradients. */
public final class Fuzzer {

    private final Comparison comparison;

    /**
     * @param candidates backends that must agree with the reference, and with each other to the last bit: one backend with
     *                   several numbers of threads
     * @param betweenRuns called between the first and the second run of a program
     */
    public Fuzzer(List<Backend> candidates, Runnable betweenRuns) {
        this.comparison = new Comparison(candidates, betweenRuns);
    }

    /**
     * Checks one seed after the other until the time is over.
     *
     * @param fuzzers which fuzzer checks a seed
     * @param keep whether to go on after a failure and report all of them at the end
     */
    public static void run(LongFunction<Fuzzer> fuzzers, long firstSeed, Duration time, boolean keep) {
        long end = System.nanoTime() + time.toNanos();
        List<String> failures = new ArrayList<>();
        long seed = firstSeed;
        for (; seed == firstSeed || System.nanoTime() < end; seed++) {
            try {
                fuzzers.apply(seed).check(seed);
            } catch (AssertionError e) {
                if (!keep) {
                    throw e;
                }
                failures.add(e.getMessage());
            }
        }
        if (!failures.isEmpty()) {
            throw new AssertionError(failures.size() + " of " + (seed - firstSeed) + " seeds fail\n" + String.join("\n", failures));
        }
    }

    /** @throws AssertionError with the seed, the smallest program that still fails, and the first difference */
    public void check(long seed) {
        Program program = RandomGraphs.generate(seed);
        Verifier.verify(program.graph());
        check(seed, "program", program);
        check(seed, "gradient", gradient(program));
    }

    private void check(long seed, String what, Program program) {
        comparison.difference(program).ifPresent(difference -> {
            Program small = new Shrinker(p -> comparison.difference(p).isPresent()).shrink(program);
            throw new AssertionError("seed " + seed + ", " + what + " of " + program.graph().nodes().size() + " nodes: " + difference
                    + "\nsmallest program that fails: " + comparison.difference(small).orElse("(not again)") + "\n" + small.graph()
                    + Shrinker.describe(small.inputs()));
        });
    }

    /** The program with the gradients of the sum of its floating outputs behind its outputs. */
    private static Program gradient(Program program) {
        Graph graph = program.graph();
        List<Node> roots = graph.outputs().stream().filter(node -> node.dtype().isFloating()).toList();
        List<Node> wrt = graph.inputs().stream().filter(node -> node.dtype().isFloating()).toList();
        List<Node> ones = roots.stream().map(node -> Ops.fillLike(node, 1)).toList();
        List<Node> outputs = new ArrayList<>(graph.outputs());
        if (!roots.isEmpty()) {
            outputs.addAll(Gradients.of(roots, ones, wrt));
        }
        return new Program(Verifier.verify(Graph.of(graph.inputs(), outputs)), program.inputs());
    }
}
