package dev.gamelan.interop.onnx.ops;

import dev.gamelan.interop.onnx.proto.GraphProto;
import dev.gamelan.interop.onnx.proto.TensorProto;
import dev.gamelan.interop.onnx.value.Value;
import dev.gamelan.tensor.Tensor;
import java.util.List;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/** What a node sees of the model around it. */
public interface Context {

    /** A graph among the attributes. */
    Body body(GraphProto graph);

    /** The part of the graph around the node that computes one value from others. */
    Body between(List<String> from, String to);

    Value read(TensorProto proto);

    /** The tool that wrote the model, as its file says. */
    String producer();

    /** How many channels lie together where the model has them in blocks. */
    int channelBlock();

    /**
     * Asks for room before something is made whose size the model says.
     *
     * @param bytes of an element
     * @throws dev.gamelan.shape.ShapeException if that is more than the limits allow
     */
    void room(double elements, int bytes);

    /**
     * Counts steps of a loop before they are done.
     *
     * @throws dev.gamelan.shape.FormatException if there are more than the limits allow
     */
    void steps(long count);

    /** What becomes the body of a loop in a program, which is walked once: counts its steps, and those of loops in it as often. */
    <T> T repeated(long count, Supplier<T> body);

    /** A function of a tensor that depends on the model alone, computed once. */
    Tensor prepared(Tensor tensor, String purpose, UnaryOperator<Tensor> function);
}
