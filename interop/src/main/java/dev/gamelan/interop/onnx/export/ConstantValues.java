package dev.gamelan.interop.onnx.export;

import dev.gamelan.interop.files.LittleEndian;
import dev.gamelan.interop.onnx.proto.TensorProto;
import dev.gamelan.interop.onnx.value.ElementType;
import dev.gamelan.ir.Data;
import dev.gamelan.ir.Scalars;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import java.util.stream.IntStream;

/** The values of an initializer. */
record ConstantValues(TensorProto proto, Data data) {

    static ConstantValues of(TensorProto proto) {
        Shape shape = Shape.of(proto.getDimsList().stream().mapToInt(Math::toIntExact).toArray());
        DType dtype = switch (ElementType.of(proto.getDataType())) {
            case FLOAT16 -> DType.FLOAT16;
            case BFLOAT16 -> DType.BFLOAT16;
            case ElementType type -> type.carrier();
        };
        Object array = dtype.newArray(shape.length());
        LittleEndian.get(dtype, proto.getRawData().asReadOnlyByteBuffer().order(java.nio.ByteOrder.LITTLE_ENDIAN), array, 0,
                shape.length());
        return new ConstantValues(proto, Data.of(dtype, shape, array));
    }

    long length() {
        return data.length();
    }

    double number(int i) {
        return Scalars.getDouble(data.dtype(), data.array(), i);
    }

    long whole(int i) {
        return Scalars.getLong(data.dtype(), data.array(), i);
    }

    /** As a float or a double has it. */
    boolean isReciprocalOf(long whole) {
        double expected = 1.0 / whole;
        return number(0) == (data.dtype() == DType.FLOAT32 ? (float) expected : expected);
    }

    /** 0, 1, 2 ... along the one axis whose extent is not 1. */
    boolean isIndices() {
        boolean line = IntStream.of(data.shape().dims()).filter(dim -> dim != 1).count() == 1;
        return line && !data.dtype().equals(DType.BOOL) && IntStream.range(0, data.length()).allMatch(i -> number(i) == i);
    }

    boolean isOneNumber() {
        return data.length() > 0 && IntStream.range(0, data.length()).allMatch(i -> number(i) == number(0));
    }

    /** The first number, of rank 0. */
    TensorProto first() {
        Object array = data.dtype().newArray(1);
        System.arraycopy(data.array(), 0, array, 0, 1);
        return Protos.tensor(proto.getName(), Data.of(data.dtype(), Shape.SCALAR, array));
    }
}
