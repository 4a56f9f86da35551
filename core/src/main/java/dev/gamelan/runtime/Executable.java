package dev.gamelan.runtime;

import dev.gamelan.ir.Data;
import java.util.List;

/** A compiled program. May be run from any thread; concurrent runs are safe, but may wait for each other. */
public interface Executable {

    /**
     * Computes the outputs.
     *
     * @param inputs one for each input of the graph, of its type. Those that were donated are overwritten: their arrays
     *               hold the outputs of the same position afterwards, and must not be shared with anybody.
     * @return one for each output of the graph; a donated output is the donated input itself
     */
    List<Data> run(List<Data> inputs);

    /**
     * Computes the outputs into arrays of the caller's, so that nothing need be allocated.
     *
     * @param inputs  as for {@link #run(List)}
     * @param outputs one for each output of the graph, of its type, to be overwritten; a donated output is the donated input itself
     */
    default void run(List<Data> inputs, List<Data> outputs) {
        List<Data> results = run(inputs);
        Checks.outputs(results.stream().map(Data::type).toList(), outputs);
        for (int i = 0; i < results.size(); i++) {
            outputs.get(i).overwrite(results.get(i));
        }
    }
}
