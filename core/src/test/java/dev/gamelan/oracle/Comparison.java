package dev.gamelan.oracle;

import dev.gamelan.ir.Data;
import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Node;
import dev.gamelan.oracle.RandomGraphs.Program;
import dev.gamelan.runtime.Backend;
import dev.gamelan.runtime.Executable;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Runs a program on backends that must agree with the reference, and to the last bit with each other and with themselves:
 * run after run, with and without donated inputs.
 *
 * @param candidates one backend with several numbers of threads
 * @param betweenRuns what makes the second run of a program another one: its kernels count as compiled from here on
 */
record Comparison(List<Backend> candidates, Runnable betweenRuns) {

    /** What a candidate computes differently, in words. */
    Optional<String> difference(Program program) {
        Trials trials = Trials.of(program.graph(), program.inputs(), 1);
        Results results = new Results(program.graph().outputs(), trials);
        try {
            for (Backend candidate : candidates) {
                Executable executable = candidate.compile(program.graph());
                results.add(candidate.name(), executable.run(program.inputs()));
                betweenRuns.run();
                results.add(candidate.name() + " in its second run", executable.run(program.inputs()));
            }
            donated(program, trials, results);
        } catch (RuntimeException | LinkageError | AssertionError e) {
            StringWriter trace = new StringWriter();
            e.printStackTrace(new PrintWriter(trace));
            return Optional.of("failed: " + trace.toString().lines().limit(12).toList());
        }
        return results.difference();
    }

    /** Runs the program with as many inputs donated as have the type of an output. */
    private void donated(Program program, Trials trials, Results plain) {
        Graph graph = program.graph();
        List<Node> inputs = new ArrayList<>();
        List<Node> outputs = new ArrayList<>();
        for (Node output : graph.outputs()) {
            graph.inputs().stream().filter(input -> !inputs.contains(input) && input.type().equals(output.type())).findFirst()
                    .ifPresent(input -> {
                        inputs.add(input);
                        outputs.add(output);
                    });
        }
        int donated = inputs.size();
        if (donated == 0) {
            return;
        }
        graph.inputs().stream().filter(input -> !inputs.contains(input)).forEach(inputs::add);
        List<Node> rest = new ArrayList<>(graph.outputs());
        outputs.forEach(rest::remove);
        outputs.addAll(rest);
        Backend candidate = candidates.getLast();
        Executable executable = candidate.compile(Graph.of(inputs, outputs), donated);
        Results results = new Results(outputs, trials);
        for (String run : List.of("first", "second")) {
            List<Data> values = inputs.stream().map(input -> copy(trials.value(input))).toList();
            results.add(candidate.name() + " in its " + run + " run with " + donated + " donated inputs", executable.run(values));
            results.checkUntouched(inputs.subList(donated, inputs.size()), values.subList(donated, inputs.size()));
        }
        results.difference().ifPresent(plain::report);
    }

    private static Data copy(Data x) {
        Object array = x.dtype().newArray(x.length());
        System.arraycopy(x.array(), 0, array, 0, x.length());
        return new Data(x.type(), array);
    }

    /** What several runs of one program gave, and the first difference among them. */
    private static final class Results {
        private final List<Node> outputs;
        private final Trials trials;
        private List<Data> first = List.of();
        private Optional<String> difference = Optional.empty();

        Results(List<Node> outputs, Trials trials) {
            this.outputs = outputs;
            this.trials = trials;
        }

        void add(String who, List<Data> results) {
            for (int i = 0; i < results.size(); i++) {
                Optional<String> from = trials.difference(outputs.get(i), results.get(i));
                if (from.isEmpty() && !first.isEmpty()) {
                    from = Exactness.REPEATED.difference(first.get(i), results.get(i)).map(text -> "from an earlier run: " + text);
                }
                int output = i;
                from.ifPresent(text -> report(who + " differs: output " + output + ", " + text));
            }
            first = first.isEmpty() ? results.stream().map(Comparison::copy).toList() : first;
        }

        void checkUntouched(List<Node> inputs, List<Data> values) {
            for (int i = 0; i < inputs.size(); i++) {
                Exactness.BITS.difference(trials.value(inputs.get(i)), values.get(i))
                        .ifPresent(text -> report("an input that was not donated is overwritten: " + text));
            }
        }

        void report(String text) {
            difference = difference.or(() -> Optional.of(text));
        }

        Optional<String> difference() {
            return difference;
        }
    }
}
