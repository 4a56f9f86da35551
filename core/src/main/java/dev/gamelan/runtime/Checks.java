package dev.gamelan.runtime;

import dev.gamelan.ir.Data;
import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Type;
import java.util.List;

/** What every backend asks of its callers. */
public final class Checks {

    private Checks() {}

    /** @throws IllegalArgumentException if an input is missing or has another type */
    public static void inputs(List<Type> expected, List<Data> received) {
        types("inputs", expected, received);
    }

    /** @throws IllegalArgumentException if an array for an output is missing or of another type */
    static void outputs(List<Type> expected, List<Data> received) {
        types("arrays for outputs", expected, received);
    }

    private static void types(String what, List<Type> expected, List<Data> received) {
        boolean fits = received.size() == expected.size();
        for (int i = 0; fits && i < received.size(); i++) {
            fits = received.get(i).type().equals(expected.get(i));
        }
        if (!fits) {
            throw new IllegalArgumentException("the " + what + " do not fit the program\n  expected  " + expected + "\n  received  "
                    + received.stream().map(Data::type).toList());
        }
    }

    /** @throws IllegalArgumentException if an output cannot take the place of its input */
    public static void donated(Graph graph, int donated) {
        if (donated < 0 || donated > Math.min(graph.inputs().size(), graph.outputs().size())) {
            throw new IllegalArgumentException("cannot donate " + donated + " inputs of a program with " + graph.inputs().size()
                    + " inputs and " + graph.outputs().size() + " outputs");
        }
        for (int i = 0; i < donated; i++) {
            Node input = graph.inputs().get(i);
            Node output = graph.outputs().get(i);
            if (!input.type().equals(output.type())) {
                throw new IllegalArgumentException("a donated input has the type of the output at its place\n  expected  "
                        + output.type() + "\n  received  " + input.type() + " as input " + i);
            }
        }
    }
}
