package dev.gamelan.codegen.reference;

import dev.gamelan.ir.Data;
import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Type;
import dev.gamelan.runtime.Backend;
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
        checkDonated(graph, donated);
        return inputs -> {
            checkInputs(graph, inputs);
            return run(graph, donated, inputs);
        };
    }

    /** Every result of every node of the graph: for comparing node by node. */
    public static Map<Node, List<Data>> values(Graph graph, List<Data> inputs) {
        checkInputs(graph, inputs);
        return Interpreter.values(graph, inputs);
    }

    private static List<Data> run(Graph graph, int donated, List<Data> inputs) {
        List<Data> given = new ArrayList<>(inputs);
        for (int i = 0; i < donated; i++) {
            given.set(i, Values.copy(inputs.get(i)));
        }
        List<Data> outputs = new ArrayList<>(Interpreter.run(graph, given));
        for (int i = 0; i < donated; i++) {
            Data result = outputs.get(i);
            System.arraycopy(result.array(), 0, inputs.get(i).array(), 0, result.length());
            outputs.set(i, inputs.get(i));
        }
        return List.copyOf(outputs);
    }

    private static void checkInputs(Graph graph, List<Data> inputs) {
        List<Type> expected = graph.inputs().stream().map(Node::type).toList();
        List<Type> received = inputs.stream().map(Data::type).toList();
        if (!expected.equals(received)) {
            throw new IllegalArgumentException("the inputs do not fit the program\n  expected  " + expected + "\n  received  " + received);
        }
    }

    private static void checkDonated(Graph graph, int donated) {
        if (donated < 0 || donated > Math.min(graph.inputs().size(), graph.outputs().size())) {
            throw new IllegalArgumentException("cannot donate " + donated + " inputs of a program with " + graph.inputs().size()
                    + " inputs and " + graph.outputs().size() + " outputs");
        }
        for (int i = 0; i < donated; i++) {
            Type in = graph.inputs().get(i).type();
            Type out = graph.outputs().get(i).type();
            if (!in.equals(out)) {
                throw new IllegalArgumentException("a donated input has the type of the output at its place\n  expected  " + out
                        + "\n  received  " + in + " as input " + i);
            }
        }
    }
}
