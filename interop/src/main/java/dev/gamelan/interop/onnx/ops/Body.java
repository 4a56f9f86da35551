package dev.gamelan.interop.onnx.ops;

import dev.gamelan.interop.onnx.value.Value;
import java.util.List;

/** A graph inside of a node, with what it sees of the graph around it. */
public interface Body {

    /** How many inputs it has. */
    int inputs();

    /** The extents that the graph declares for an input; -1 where it leaves one open, none at all if it says nothing. */
    int[] declared(int input);

    List<Value> apply(List<Value> inputs);
}
