package dev.gamelan.interop.onnx;

import com.google.protobuf.ByteString;
import dev.gamelan.interop.onnx.proto.AttributeProto;
import dev.gamelan.interop.onnx.proto.GraphProto;
import dev.gamelan.interop.onnx.proto.ModelProto;
import dev.gamelan.interop.onnx.proto.NodeProto;
import dev.gamelan.interop.onnx.proto.OperatorSetIdProto;
import dev.gamelan.interop.onnx.proto.TensorProto;
import dev.gamelan.interop.onnx.proto.TensorShapeProto;
import dev.gamelan.interop.onnx.proto.TypeProto;
import dev.gamelan.interop.onnx.proto.ValueInfoProto;
import java.util.Arrays;
import java.util.List;

/** Small ONNX models for tests. */
final class Graphs {

    private final GraphProto.Builder graph = GraphProto.newBuilder().setName("test");
    private final ModelProto.Builder model = ModelProto.newBuilder().setIrVersion(8)
            .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(17));

    /** @param dims an extent of 0 or less is left open */
    Graphs input(String name, int type, long... dims) {
        graph.addInput(info(name, type, dims));
        return this;
    }

    Graphs output(String name) {
        graph.addOutput(ValueInfoProto.newBuilder().setName(name));
        return this;
    }

    static ValueInfoProto info(String name, int type, long... dims) {
        TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
        for (long dim : dims) {
            shape.addDim(dim > 0 ? TensorShapeProto.Dimension.newBuilder().setDimValue(dim).build()
                    : TensorShapeProto.Dimension.newBuilder().setDimParam("n").build());
        }
        return ValueInfoProto.newBuilder().setName(name)
                .setType(TypeProto.newBuilder().setTensorType(TypeProto.Tensor.newBuilder().setElemType(type).setShape(shape))).build();
    }

    Graphs node(String op, List<String> inputs, List<String> outputs, AttributeProto... attributes) {
        graph.addNode(NodeProto.newBuilder().setOpType(op).setName(op.toLowerCase(java.util.Locale.ROOT) + "_" + graph.getNodeCount())
                .addAllInput(inputs).addAllOutput(outputs).addAllAttribute(Arrays.asList(attributes)));
        return this;
    }

    Graphs floats(String name, float[] values, long... dims) {
        TensorProto.Builder tensor = TensorProto.newBuilder().setName(name).setDataType(1);
        Arrays.stream(dims).forEach(tensor::addDims);
        for (float value : values) {
            tensor.addFloatData(value);
        }
        graph.addInitializer(tensor);
        return this;
    }

    Graphs longs(String name, long... values) {
        TensorProto.Builder tensor = TensorProto.newBuilder().setName(name).setDataType(7).addDims(values.length);
        Arrays.stream(values).forEach(tensor::addInt64Data);
        graph.addInitializer(tensor);
        return this;
    }

    Graphs initializer(TensorProto tensor) {
        graph.addInitializer(tensor);
        return this;
    }

    static AttributeProto attribute(String name, long value) {
        return AttributeProto.newBuilder().setName(name).setType(AttributeProto.AttributeType.INT).setI(value).build();
    }

    static AttributeProto attribute(String name, GraphProto value) {
        return AttributeProto.newBuilder().setName(name).setType(AttributeProto.AttributeType.GRAPH).setG(value).build();
    }

    static AttributeProto attribute(String name, String value) {
        return AttributeProto.newBuilder().setName(name).setType(AttributeProto.AttributeType.STRING).setS(ByteString.copyFromUtf8(value))
                .build();
    }

    /** A tensor of rank 1. */
    static AttributeProto attribute(String name, float[] values) {
        TensorProto.Builder tensor = TensorProto.newBuilder().setDataType(1).addDims(values.length);
        for (float value : values) {
            tensor.addFloatData(value);
        }
        return AttributeProto.newBuilder().setName(name).setType(AttributeProto.AttributeType.TENSOR).setT(tensor).build();
    }

    GraphProto graph() {
        return graph.build();
    }

    ModelProto.Builder model() {
        return model.setGraph(graph);
    }

    OnnxModel read() {
        return Onnx.read(bytes());
    }

    byte[] bytes() {
        return model().build().toByteArray();
    }
}
