package dev.gamelan.domains.export;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.gamelan.interop.files.LittleEndian;
import dev.gamelan.ir.Data;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.TensorMap;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/** ONNX Runtime, the oracle for files that are written. */
final class Microsoft {

    private Microsoft() {}

    /** Its outputs, FLOAT and integers alone. */
    static Map<String, Tensor> run(byte[] model, TensorMap inputs) throws OrtException {
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        Map<String, OnnxTensor> given = new HashMap<>();
        for (String name : inputs.paths()) {
            given.put(name, tensor(environment, inputs.get(name).data()));
        }
        Map<String, Tensor> results = new HashMap<>();
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            options.setIntraOpNumThreads(1);
            try (OrtSession session = environment.createSession(model, options); OrtSession.Result result = session.run(given)) {
                for (Map.Entry<String, ai.onnxruntime.OnnxValue> each : result) {
                    results.put(each.getKey(), tensor((OnnxTensor) each.getValue()));
                }
            }
        }
        return results;
    }

    private static OnnxTensor tensor(OrtEnvironment environment, Data data) throws OrtException {
        ByteBuffer bytes = ByteBuffer.allocateDirect(data.length() * data.dtype().bytes()).order(ByteOrder.nativeOrder());
        LittleEndian.put(data.dtype(), data.array(), 0, data.length(), bytes);
        long[] shape = Arrays.stream(data.shape().dims()).asLongStream().toArray();
        return OnnxTensor.createTensor(environment, bytes.flip(), shape, type(data.dtype()));
    }

    private static OnnxJavaType type(DType dtype) {
        return switch (dtype) {
            case FLOAT32 -> OnnxJavaType.FLOAT;
            case FLOAT64 -> OnnxJavaType.DOUBLE;
            case FLOAT16 -> OnnxJavaType.FLOAT16;
            case BFLOAT16 -> OnnxJavaType.BFLOAT16;
            case INT8 -> OnnxJavaType.INT8;
            case UINT8 -> OnnxJavaType.UINT8;
            case INT32 -> OnnxJavaType.INT32;
            case INT64 -> OnnxJavaType.INT64;
            case BOOL -> OnnxJavaType.BOOL;
        };
    }

    private static Tensor tensor(OnnxTensor value) {
        Shape shape = Shape.of(Arrays.stream(value.getInfo().getShape()).mapToInt(Math::toIntExact).toArray());
        DType dtype = switch (value.getInfo().type) {
            case FLOAT -> DType.FLOAT32;
            case DOUBLE -> DType.FLOAT64;
            case INT8 -> DType.INT8;
            case UINT8 -> DType.UINT8;
            case INT32 -> DType.INT32;
            case INT64 -> DType.INT64;
            case BOOL -> DType.BOOL;
            default -> throw new IllegalArgumentException(value.getInfo().toString());
        };
        Object array = dtype.newArray(shape.length());
        LittleEndian.get(dtype, value.getByteBuffer().order(ByteOrder.LITTLE_ENDIAN), array, 0, shape.length());
        return Tensor.of(Data.of(dtype, shape, array));
    }

    /** The largest difference, as a share of the largest expected number. */
    static double difference(Tensor expected, Tensor received) {
        double[] a = expected.toDoubleArray();
        double[] b = received.toDoubleArray();
        if (!expected.shape().equals(received.shape()) || expected.dtype() != received.dtype()) {
            return Double.POSITIVE_INFINITY;
        }
        double most = 0;
        double difference = 0;
        for (int i = 0; i < a.length; i++) {
            most = Math.max(most, Math.abs(a[i]));
            difference = Math.max(difference, Double.isNaN(a[i] - b[i]) ? Double.POSITIVE_INFINITY : Math.abs(a[i] - b[i]));
        }
        return difference == 0 ? 0 : difference / most;
    }
}
