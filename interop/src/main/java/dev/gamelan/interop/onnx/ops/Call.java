package dev.gamelan.interop.onnx.ops;

import dev.gamelan.interop.onnx.proto.AttributeProto;
import dev.gamelan.interop.onnx.proto.NodeProto;
import dev.gamelan.interop.onnx.value.ElementType;
import dev.gamelan.interop.onnx.value.Knowledge;
import dev.gamelan.interop.onnx.value.Value;
import dev.gamelan.ir.Data;
import dev.gamelan.shape.FormatException;
import dev.gamelan.shape.Shape;
import dev.gamelan.shape.ShapeException;
import dev.gamelan.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** One node with its inputs: what an {@link Operator} sees. */
public final class Call {

    private final NodeProto node;
    private final int version;
    private final List<Optional<Value>> inputs;
    private final Context context;

    /** @param version of the operator set that the node belongs to */
    public Call(NodeProto node, int version, List<Optional<Value>> inputs, Context context) {
        this.node = node;
        this.version = version;
        this.inputs = List.copyOf(inputs);
        this.context = context;
    }

    /** The same node with other inputs. */
    Call with(List<Optional<Value>> others) {
        return new Call(node, version, others, context);
    }

    /** The same node as one of another version of the operator set. */
    Call at(int other) {
        return new Call(node, other, inputs, context);
    }

    public String op() {
        return node.getOpType();
    }

    /** The version of the operator set. */
    int version() {
        return version;
    }

    // ---- inputs --------------------------------------------------------------------------------------------------

    int inputs() {
        return inputs.size();
    }

    boolean has(int i) {
        return i < inputs.size() && inputs.get(i).isPresent();
    }

    Value value(int i) {
        if (!has(i)) {
            throw new FormatException("input " + i + " is missing\n  expected  a value\n  received  " + inputs.size() + " inputs");
        }
        return inputs.get(i).orElseThrow();
    }

    /** All inputs, which must be there. */
    List<Value> values() {
        List<Value> all = new ArrayList<>();
        for (int i = 0; i < inputs.size(); i++) {
            all.add(value(i));
        }
        return all;
    }

    Value.Numbers numbers(int i) {
        return numbers(value(i));
    }

    static Value.Numbers numbers(Value value) {
        return switch (value) {
            case Value.Numbers numbers -> numbers;
            case Value.Maybe maybe when maybe.value().isPresent() -> numbers(maybe.value().get());
            case Value.Text _, Value.Sequence _, Value.Maybe _, Value.Dictionary _ ->
                    throw new FormatException("wrong kind of value\n  expected  a tensor of numbers\n  received  " + value);
        };
    }

    Tensor tensor(int i) {
        return numbers(i).tensor();
    }

    List<Tensor> tensors() {
        List<Tensor> all = new ArrayList<>();
        for (int i = 0; i < inputs.size(); i++) {
            all.add(tensor(i));
        }
        return all;
    }

    ElementType type(int i) {
        return numbers(i).type();
    }

    Value.Text text(int i) {
        if (value(i) instanceof Value.Text text) {
            return text;
        }
        throw new FormatException("wrong kind of value\n  expected  a tensor of strings\n  received  " + value(i));
    }

    Value.Sequence sequence(int i) {
        Value value = value(i) instanceof Value.Maybe maybe && maybe.value().isPresent() ? maybe.value().get() : value(i);
        if (value instanceof Value.Sequence sequence) {
            return sequence;
        }
        throw new FormatException("wrong kind of value\n  expected  a sequence\n  received  " + value);
    }

    /** Whether the model is one that PyTorch's exporters wrote, so that it means what PyTorch computes. */
    boolean isOfPyTorch() {
        return context.producer().equals("pytorch");
    }

    /** See {@link Context#channelBlock}. */
    int channelBlock() {
        return context.channelBlock();
    }

    /** Asks for room before something is made whose size the model says: see {@link Context#room}. */
    void room(double elements, int bytes) {
        context.room(elements, bytes);
    }

    /** Counts steps of a loop: see {@link Context#steps}. */
    void steps(long count) {
        context.steps(count);
    }

    /** See {@link Context#repeated}. */
    <T> T repeated(long count, Supplier<T> body) {
        return context.repeated(count, body);
    }

    // ---- values that are needed now --------------------------------------------------------------------------------

    /** The values of an input: see {@link NeedsValue}. */
    Data data(int i) {
        return Host.data(numbers(i));
    }

    /** Whether the values of an input are there without running anything. */
    boolean isKnown(int i) {
        return numbers(i).knowledge() != Knowledge.INPUTS;
    }

    long[] longs(int i) {
        return longs(data(i));
    }

    static long[] longs(Data data) {
        long[] result = new long[data.length()];
        for (int i = 0; i < result.length; i++) {
            result[i] = data.getLong(i);
        }
        return result;
    }

    int[] ints(int i) {
        return ints(longs(i));
    }

    /** Clamped to the range of int, as positions beyond the end may be as large as they like. */
    static int[] ints(long[] values) {
        int[] result = new int[values.length];
        for (int i = 0; i < result.length; i++) {
            result[i] = Math.clamp(values[i], -Integer.MAX_VALUE, Integer.MAX_VALUE);
        }
        return result;
    }

    double[] doubles(int i) {
        Data data = data(i);
        double[] result = new double[data.length()];
        for (int k = 0; k < result.length; k++) {
            result[k] = data.getDouble(k);
        }
        return result;
    }

    /** The only element. */
    double number(int i) {
        return single(i).getDouble(0);
    }

    /** The only element. */
    int integer(int i) {
        long number = single(i).getLong(0);
        if ((int) number != number) {
            throw ShapeException.of("input " + i + " is too large", "at most " + Integer.MAX_VALUE, "" + number);
        }
        return (int) number;
    }

    private Data single(int i) {
        Data data = data(i);
        if (data.length() != 1) {
            throw ShapeException.of("input " + i + " is not one number", "one element", data.shape().toString());
        }
        return data;
    }

    /** A shape among the inputs. */
    Shape shape(int i) {
        return Shape.of(ints(i));
    }

    // ---- attributes ------------------------------------------------------------------------------------------------

    boolean hasAttribute(String name) {
        return find(name) != null;
    }

    private @Nullable AttributeProto find(String name) {
        for (int i = 0; i < node.getAttributeCount(); i++) {
            if (node.getAttribute(i).getName().equals(name)) {
                return node.getAttribute(i);
            }
        }
        return null;
    }

    AttributeProto attribute(String name) {
        AttributeProto attribute = find(name);
        if (attribute == null) {
            throw missing(name);
        }
        return attribute;
    }

    FormatException missing(String attribute) {
        return new FormatException("an attribute is missing\n  expected  '" + attribute + "'\n  received  "
                + node.getAttributeList().stream().map(AttributeProto::getName).toList());
    }

    long attribute(String name, long otherwise) {
        AttributeProto attribute = find(name);
        return attribute == null ? otherwise : attribute.getI();
    }

    int attribute(String name, int otherwise) {
        return Math.toIntExact(attribute(name, (long) otherwise));
    }

    boolean flag(String name, boolean otherwise) {
        return attribute(name, otherwise ? 1L : 0L) != 0;
    }

    double attribute(String name, double otherwise) {
        AttributeProto attribute = find(name);
        return attribute == null ? otherwise : attribute.getF();
    }

    String attribute(String name, String otherwise) {
        AttributeProto attribute = find(name);
        return attribute == null ? otherwise : attribute.getS().toStringUtf8();
    }

    Optional<int[]> attributeInts(String name) {
        AttributeProto attribute = find(name);
        return attribute == null ? Optional.empty()
                : Optional.of(ints(longs(attribute)));
    }

    private static long[] longs(AttributeProto attribute) {
        long[] longs = new long[attribute.getIntsCount()];
        for (int i = 0; i < longs.length; i++) {
            longs[i] = attribute.getInts(i);
        }
        return longs;
    }

    Optional<double[]> attributeDoubles(String name) {
        AttributeProto attribute = find(name);
        return attribute == null ? Optional.empty()
                : Optional.of(attribute.getFloatsList().stream().mapToDouble(Float::doubleValue).toArray());
    }

    List<String> attributeTexts(String name) {
        AttributeProto attribute = find(name);
        return attribute == null ? List.of() : attribute.getStringsList().stream().map(bytes -> bytes.toStringUtf8()).toList();
    }

    Value attributeValue(AttributeProto attribute) {
        return context.read(attribute.getT());
    }

    Value readSparse(AttributeProto attribute) {
        return new dev.gamelan.interop.onnx.value.TensorReader(dev.gamelan.interop.onnx.value.ExternalData.NONE)
                .read(attribute.getSparseTensor());
    }

    Body body(String name) {
        return context.body(attribute(name).getG());
    }

    Body between(List<String> from, String to) {
        return context.between(from, to);
    }

    /** The list of an input, where the operator's set is new enough to have one, else of an attribute. */
    Optional<int[]> intsFrom(String attribute, int input, int inputSince) {
        return version < inputSince ? attributeInts(attribute) : has(input) ? Optional.of(ints(input)) : Optional.empty();
    }

    // ---- outputs ---------------------------------------------------------------------------------------------------

    int outputs() {
        return node.getOutputCount();
    }

    /** Whether the node names this output. */
    boolean wants(int i) {
        return i < node.getOutputCount() && !node.getOutput(i).isEmpty();
    }

    /** One output of the first input's type. */
    List<Value> same(Tensor tensor) {
        return List.of(Value.of(type(0), tensor));
    }

    /** One output of the first input's type, which arithmetic may have left: see {@link ElementType#wrap}. */
    List<Value> arithmetic(Tensor tensor) {
        return same(type(0).wrap(tensor));
    }

    static List<Value> one(ElementType type, Tensor tensor) {
        return List.of(Value.of(type, tensor));
    }

    static List<Value> one(Value value) {
        return List.of(value);
    }

    /** A function of an input that is computed once if the input is a part of the model. */
    Tensor prepared(int i, String purpose, UnaryOperator<Tensor> function) {
        Value.Numbers value = numbers(i);
        return value.knowledge() == Knowledge.MODEL ? context.prepared(value.tensor(), purpose, function) : function.apply(value.tensor());
    }

    /** What it received was wrong. */
    static FormatException unsupported(String expected, String received) {
        return new FormatException("not supported\n  expected  " + expected + "\n  received  " + received);
    }
}
