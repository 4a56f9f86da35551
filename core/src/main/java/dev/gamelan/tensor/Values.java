package dev.gamelan.tensor;

import dev.gamelan.ir.Data;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.DTypeException;
import dev.gamelan.shape.ShapeException;
import java.util.function.IntToDoubleFunction;

/** Computed values as Java arrays. */
final class Values {

    private Values() {}

    static Data single(Tensor x) {
        if (x.size() != 1) {
            throw ShapeException.of("item: not one element",
                    "a tensor of one element; see get, sum, mean or toFloatArray", x.node().type().toString());
        }
        return x.data();
    }

    static float[] floats(Data data) {
        if (data.array() instanceof float[] array) {
            return array.clone();
        }
        if (!data.dtype().isStorageOnly()) {
            throw wrong("toFloatArray", "FLOAT32, FLOAT16 or BFLOAT16; cast it first: x.cast(DType.FLOAT32)", data);
        }
        float[] result = new float[data.length()];
        for (int i = 0; i < result.length; i++) {
            result[i] = (float) data.getDouble(i);
        }
        return result;
    }

    static double[] doubles(Data data) {
        double[] result = new double[data.length()];
        IntToDoubleFunction get = data.inMemory()::getDouble;
        java.util.Arrays.setAll(result, get);
        return result;
    }

    static int[] ints(Data data) {
        if (data.array() instanceof int[] array) {
            return array.clone();
        }
        integer("toIntArray", data);
        int[] result = new int[data.length()];
        for (int i = 0; i < result.length; i++) {
            result[i] = Math.toIntExact(data.getLong(i));
        }
        return result;
    }

    static long[] longs(Data data) {
        integer("toLongArray", data);
        long[] result = new long[data.length()];
        for (int i = 0; i < result.length; i++) {
            result[i] = data.getLong(i);
        }
        return result;
    }

    private static void integer(String method, Data data) {
        if (!data.dtype().isInteger()) {
            throw wrong(method, "an integer type; cast it first: x.cast(DType." + DType.INT32 + ")", data);
        }
    }

    private static DTypeException wrong(String method, String expected, Data data) {
        return new DTypeException(method + ": wrong element type\n  expected  " + expected + "\n  received  "
                + data.type());
    }
}
