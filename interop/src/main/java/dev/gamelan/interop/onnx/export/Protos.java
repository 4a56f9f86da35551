package dev.gamelan.interop.onnx.export;

import com.google.protobuf.ByteString;
import dev.gamelan.interop.files.LittleEndian;
import dev.gamelan.interop.onnx.proto.AttributeProto;
import dev.gamelan.interop.onnx.proto.GraphProto;
import dev.gamelan.interop.onnx.proto.TensorProto;
import dev.gamelan.interop.onnx.proto.TensorShapeProto;
import dev.gamelan.interop.onnx.proto.TypeProto;
import dev.gamelan.interop.onnx.proto.ValueInfoProto;
import dev.gamelan.interop.onnx.value.ElementType;
import dev.gamelan.ir.Data;
import dev.gamelan.ir.Type;
import dev.gamelan.shape.DType;
import java.nio.ByteBuffer;
import java.util.List;

/** Messages of the format. */
final class Protos {

    private Protos() {}

    static int code(DType dtype) {
        return ElementType.of(dtype).code();
    }

    static ValueInfoProto info(String name, Type type) {
        TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
        for (int dim : type.shape().dims()) {
            shape.addDim(TensorShapeProto.Dimension.newBuilder().setDimValue(dim));
        }
        TypeProto.Tensor tensor = TypeProto.Tensor.newBuilder().setElemType(code(type.dtype())).setShape(shape).build();
        return ValueInfoProto.newBuilder().setName(name).setType(TypeProto.newBuilder().setTensorType(tensor)).build();
    }

    static TensorProto tensor(String name, Data data) {
        TensorProto.Builder proto = TensorProto.newBuilder().setName(name).setDataType(code(data.dtype()));
        for (int dim : data.shape().dims()) {
            proto.addDims(dim);
        }
        ByteBuffer bytes = ByteBuffer.allocate(Math.multiplyExact(data.length(), data.dtype().bytes()));
        LittleEndian.put(data.dtype(), data.array(), 0, data.length(), bytes);
        return proto.setRawData(ByteString.copyFrom(bytes.flip())).build();
    }

    static AttributeProto attribute(String name, long value) {
        return AttributeProto.newBuilder().setName(name).setType(AttributeProto.AttributeType.INT).setI(value).build();
    }

    static AttributeProto attribute(String name, List<Integer> values) {
        return AttributeProto.newBuilder().setName(name).setType(AttributeProto.AttributeType.INTS)
                .addAllInts(values.stream().map(Integer::longValue).toList()).build();
    }

    static AttributeProto attribute(String name, String value) {
        return AttributeProto.newBuilder().setName(name).setType(AttributeProto.AttributeType.STRING).setS(ByteString.copyFromUtf8(value))
                .build();
    }

    static AttributeProto attribute(String name, GraphProto value) {
        return AttributeProto.newBuilder().setName(name).setType(AttributeProto.AttributeType.GRAPH).setG(value).build();
    }

    static AttributeProto attribute(String name, TensorProto value) {
        return AttributeProto.newBuilder().setName(name).setType(AttributeProto.AttributeType.TENSOR).setT(value).build();
    }
}
