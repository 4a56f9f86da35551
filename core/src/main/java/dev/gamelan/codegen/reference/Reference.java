package dev.gamelan.codegen.reference;

import dev.gamelan.ir.Data;
import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Type;
import dev.gamelan.runtime.Backend;
import dev.gamelan.runtime.Checks;
import dev.gamelan.runtime.Executable;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The backend {@code reference}: slow and obviously right. Fractions are computed in double and rounded to the node's
 * type once per node, so its results are at least as exact as those of any kernel; integers wrap around.
 */
public final class Reference implements Backend {

    @Override
    public String name() {
        return "reference";
    }

    @Override
    public Executable compile(Graph graph, int donated) {
        Checks.donated(graph, donated);
        List<Type> types = graph.inputs().stream().map(Node::type).toList();
        return inputs -> {
            Checks.inputs(types, inputs);
            return run(graph, donated, inputs);
        };
    }

    /** Every result of every node of the graph: for comparing node by node. */
    public static Map<Node, List<Data>> values(Graph graph, List<Data> inputs) {
        Checks.inputs(graph.inputs().stream().map(Node::type).toList(), inputs);
        return Interpreter.values(graph, inputs);
    }

    private static List<Data> run(Graph graph, int donated, List<Data> inputs) {
        List<Data> given = new ArrayList<>(inputs);
        for (int i = 0; i < donated; i++) {
            given.set(i, Values.copy(inputs.get(i)));
        }
        List<Data> outputs = new ArrayList<>(Interpreter.run(graph, given));
        for (int i = 0; i < donated; i++) {
            inputs.get(i).overwrite(outputs.get(i));
            outputs.set(i, inputs.get(i));
        }
        return List.copyOf(outputs);
    }
}
