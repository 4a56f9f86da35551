package dev.gamelan.interop.onnx.export;

import dev.gamelan.interop.onnx.proto.AttributeProto;
import dev.gamelan.interop.onnx.proto.GraphProto;
import dev.gamelan.interop.onnx.proto.NodeProto;
import dev.gamelan.ir.Data;
import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Type;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/**
 * Collects the nodes of one ONNX graph, and knows what each node of ours is called there. Stretched operands, numbers and
 * indices are written when they are used, as element-wise operators of ONNX stretch by themselves.
 */
final class Writer {

    /** A value under a name, whose shape stretches to that of the node it stands for. */
    record Loose(String name, Shape shape) {}

    private final GraphProto.Builder builder = GraphProto.newBuilder();
    private final Names names;
    private final Map<Node, List<String>> results = new IdentityHashMap<>();

    Writer(Names names) {
        this.names = names;
    }

    GraphProto.Builder builder() {
        return builder;
    }

    Names names() {
        return names;
    }

    /** Says what a node is called, one name for each of its results. */
    void define(Node node, String... given) {
        results.put(node, Arrays.asList(given));
    }

    /** Everything that the outputs need, operands first. */
    void nodes(Graph graph) {
        for (Node node : graph.nodes()) {
            if (!results.containsKey(node) && !isWrittenLater(graph.op(node))) {
                Arms.write(this, graph.op(node), node, graph.operands(node));
            }
        }
    }

    private static boolean isWrittenLater(Op op) {
        return op instanceof Op.Fill || op instanceof Op.Iota || op instanceof Op.Broadcast;
    }

    /** The name of the only result. */
    String name(Node node) {
        List<String> known = results.get(node);
        if (known != null) {
            return known.getFirst();
        }
        Loose loose = loose(node);
        String result = loose.shape().equals(node.shape()) ? loose.name() : add("Expand", List.of(loose.name(), list(node.shape().dims())));
        define(node, result);
        return result;
    }

    String name(Node tuple, int index) {
        return java.util.Objects.requireNonNull(results.get(tuple)).get(index);
    }

    /** Of a node whose stretching may be left to who uses it. */
    Loose loose(Node node) {
        List<String> known = results.get(node);
        if (known != null) {
            return new Loose(known.getFirst(), node.shape());
        }
        return switch (node.op()) {
            case Op.Fill fill -> new Loose(constant(number(fill)), Shape.SCALAR);
            case Op.Iota iota -> {
                int[] dims = new int[node.shape().rank()];
                Arrays.fill(dims, 1);
                dims[iota.axis()] = node.shape().dim(iota.axis());
                yield new Loose(constant(indices(node.type().with(Shape.of(dims)))), Shape.of(dims));
            }
            case Op.Broadcast _ -> loose(node.operand(0));
            default -> throw new IllegalStateException("not written yet: " + node);
        };
    }

    private static Data number(Op.Fill fill) {
        Object array = fill.type().dtype().newArray(1);
        if (fill.value() instanceof Long whole) {
            dev.gamelan.ir.Scalars.setLong(fill.type().dtype(), array, 0, whole);
        } else {
            dev.gamelan.ir.Scalars.setDouble(fill.type().dtype(), array, 0, fill.value().doubleValue());
        }
        return Data.of(fill.type().dtype(), Shape.SCALAR, array);
    }

    private static Data indices(Type type) {
        Object array = type.dtype().newArray(type.shape().length());
        for (int i = 0; i < type.shape().length(); i++) {
            dev.gamelan.ir.Scalars.setLong(type.dtype(), array, i, i);
        }
        return new Data(type, array);
    }

    /** Operands of an element-wise operator, whose result ONNX is to give the shape of ours. */
    List<String> elementwise(Node node, List<Node> operands) {
        List<Loose> loose = operands.stream().map(this::loose).toList();
        Shape shape = loose.stream().map(Loose::shape).reduce(Shape.SCALAR, Shape::broadcast);
        List<String> inputs = new ArrayList<>(loose.stream().map(Loose::name).toList());
        if (!shape.equals(node.shape())) {
            inputs.set(0, name(operands.getFirst()));
        }
        return inputs;
    }

    // ---- adding --------------------------------------------------------------------------------------------------------

    /** A node of one output, whose name is given back. */
    String add(String op, List<String> inputs, AttributeProto... attributes) {
        return add(op, inputs, 1, attributes).getFirst();
    }

    List<String> add(String op, List<String> inputs, int outputs, AttributeProto... attributes) {
        List<String> made = new ArrayList<>();
        for (int i = 0; i < outputs; i++) {
            made.add(names.fresh(op.toLowerCase(java.util.Locale.ROOT)));
        }
        builder.addNode(NodeProto.newBuilder().setOpType(op).setName("node_" + made.getFirst()).addAllInput(inputs).addAllOutput(made)
                .addAllAttribute(Arrays.asList(attributes)));
        return made;
    }

    /** Another name for a value. */
    void alias(String name, Node node) {
        builder.addNode(NodeProto.newBuilder().setOpType("Identity").setName("node_" + name).addInput(name(node)).addOutput(name));
    }

    String constant(Data data) {
        String name = names.fresh("constant");
        builder.addInitializer(Protos.tensor(name, data));
        return name;
    }

    /** A constant INT64 vector. */
    String list(int... values) {
        return constant(Data.of(DType.INT64, Shape.of(values.length), Arrays.stream(values).asLongStream().toArray()));
    }

    String list(List<Integer> values) {
        return list(values.stream().mapToInt(Integer::intValue).toArray());
    }

    String cast(String name, DType dtype) {
        return add("Cast", List.of(name), Protos.attribute("to", Protos.code(dtype)));
    }

    String reshape(String name, Shape shape) {
        return add("Reshape", List.of(name, list(shape.dims())), Protos.attribute("allowzero", 1));
    }

    String transpose(String name, List<Integer> order) {
        return add("Transpose", List.of(name), Protos.attribute("perm", order));
    }
}
