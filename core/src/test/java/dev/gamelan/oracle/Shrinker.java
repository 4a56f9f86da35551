package dev.gamelan.oracle;

import dev.gamelan.ir.Data;
import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Ops;
import dev.gamelan.oracle.RandomGraphs.Program;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Makes a failing program smaller: it looks for the earliest node that fails as the only output, then turns inner nodes
 * into inputs with the values they have, as long as it still fails.
 */
record Shrinker(Predicate<Program> fails) {

    Program shrink(Program program) {
        Program current = program;
        for (Optional<Program> next = Optional.of(program); next.isPresent(); next = smaller(current)) {
            current = next.get();
        }
        return current;
    }

    private Optional<Program> smaller(Program program) {
        return firstFailingOutput(program).or(() -> withoutAnOutput(program)).or(() -> withANodeAsInput(program));
    }

    private Optional<Program> firstFailingOutput(Program program) {
        Graph graph = program.graph();
        return graph.nodes().stream().filter(node -> !(graph.op(node) instanceof Op.Program) && !(graph.op(node) instanceof Op.Input))
                .map(node -> only(program, List.of(node))).filter(p -> size(p) < size(program) && fails.test(p)).findFirst();
    }

    private Optional<Program> withoutAnOutput(Program program) {
        List<Node> outputs = program.graph().outputs();
        for (int i = 0; i < outputs.size() && outputs.size() > 1; i++) {
            List<Node> rest = new ArrayList<>(outputs);
            rest.remove(i);
            Program candidate = only(program, rest);
            if (fails.test(candidate)) {
                return Optional.of(candidate);
            }
        }
        return Optional.empty();
    }

    private Optional<Program> withANodeAsInput(Program program) {
        Graph graph = program.graph();
        Trials trials = Trials.of(graph, program.inputs(), 1);
        for (Node node : graph.nodes().reversed()) {
            boolean cut = !(graph.op(node) instanceof Op.Input) && !(graph.op(node) instanceof Op.Program)
                    && !graph.outputs().contains(node);
            if (cut) {
                Program candidate = replace(program, node, trials.value(node));
                if (size(candidate) < size(program) && fails.test(candidate)) {
                    return Optional.of(candidate);
                }
            }
        }
        return Optional.empty();
    }

    private static Program replace(Program program, Node node, Data value) {
        Graph graph = program.graph();
        Node input = Ops.input(node.type(), "cut");
        var replaced = graph.replace(graph.inputs(), (old, operands) -> old == node ? input : graph.keep(old, operands));
        List<Node> inputs = new ArrayList<>(graph.inputs());
        inputs.add(input);
        List<Data> values = new ArrayList<>(program.inputs());
        values.add(value);
        return only(new Program(Graph.of(inputs, graph.outputs().stream().map(replaced::get).toList()), values),
                graph.outputs().stream().map(replaced::get).toList());
    }

    /** The program of these outputs, without the inputs that they do not need. */
    private static Program only(Program program, List<Node> outputs) {
        Graph needed = Graph.of(List.of(), outputs);
        List<Node> inputs = new ArrayList<>();
        List<Data> values = new ArrayList<>();
        for (int i = 0; i < program.inputs().size(); i++) {
            Node input = program.graph().inputs().get(i);
            if (needed.contains(input)) {
                inputs.add(input);
                values.add(program.inputs().get(i));
            }
        }
        return new Program(Graph.of(inputs, outputs), values);
    }

    /** Nodes, weighed so that an input in the place of a node is progress. */
    private static int size(Program program) {
        int inputs = program.graph().inputs().size();
        return 2 * (program.graph().nodes().size() - inputs) + inputs;
    }

    /** The first elements of each input. */
    static String describe(List<Data> inputs) {
        StringBuilder text = new StringBuilder();
        for (Data input : inputs) {
            text.append("input ").append(input.type()).append(":");
            for (int i = 0; i < Math.min(8, input.length()); i++) {
                text.append(' ').append(input.getDouble(i));
            }
            text.append(input.length() > 8 ? " ...\n" : "\n");
        }
        return text.toString();
    }
}
