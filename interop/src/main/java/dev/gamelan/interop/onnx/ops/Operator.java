package dev.gamelan.interop.onnx.ops;

import dev.gamelan.interop.onnx.value.Value;
import java.util.List;

/** What an operator of ONNX means: from the inputs and attributes of a node to its outputs. */
@FunctionalInterface
public interface Operator {

    /**
     * As many values as the operator defines, also where the node does not name them all; a value that is marked as
     * known from the model alone counts as depending on what the inputs depend on.
     */
    List<Value> apply(Call call);
}
