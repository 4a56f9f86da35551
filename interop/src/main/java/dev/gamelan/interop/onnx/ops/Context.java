package dev.gamelan.interop.onnx.ops;

import dev.gamelan.interop.onnx.proto.GraphProto;
import dev.gamelan.interop.onnx.proto.TensorProto;
import dev.gamelan.interop.onnx.value.Value;
import dev.gamelan.tensor.Tensor;
import java.util.List;
import java.util.function.UnaryOperator;

/** What a node sees of the model around it. */
public interface Context {

    /** A graph among the attributes. */
    Body body(GraphProto graph);

    /** The part of the graph around the node that computes one value from others. */
    Body between(List<String> from, String to);

    Value read(TensorProto proto);

    /** A function of a tensor that depends on the model alone, computed once. */
    Tensor prepared(Tensor tensor, String purpose, UnaryOperator<Tensor> function);
}
