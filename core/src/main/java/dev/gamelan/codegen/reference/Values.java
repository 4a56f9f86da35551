package dev.gamelan.codegen.reference;

import dev.gamelan.ir.Data;
import dev.gamelan.ir.Scalars;
import dev.gamelan.ir.Type;
import dev.gamelan.shape.DType;
import java.util.Arrays;

/** Data as arrays of double or long, and back with rounding or wrapping. */
final class Values {

    private Values() {}

    /** Whether elements are computed as doubles; else as longs. */
    static boolean isFraction(DType dtype) {
        return dtype.isFloating() || dtype.isStorageOnly();
    }

    static double[] doubles(Data x) {
        double[] values = new double[x.length()];
        Arrays.setAll(values, x::getDouble);
        return values;
    }

    static long[] longs(Data x) {
        long[] values = new long[x.length()];
        Arrays.setAll(values, x::getLong);
        return values;
    }

    static Data of(Type type, double[] values) {
        Object array = type.dtype().newArray(values.length);
        for (int i = 0; i < values.length; i++) {
            Scalars.setDouble(type.dtype(), array, i, values[i]);
        }
        return new Data(type, array);
    }

    static Data of(Type type, long[] values) {
        Object array = type.dtype().newArray(values.length);
        for (int i = 0; i < values.length; i++) {
            Scalars.setLong(type.dtype(), array, i, values[i]);
        }
        return new Data(type, array);
    }

    static Data copy(Data x) {
        Object array = x.dtype().newArray(x.length());
        System.arraycopy(x.array(), 0, array, 0, x.length());
        return new Data(x.type(), array);
    }

    /** The number that MAX of nothing gives. */
    static long smallest(DType dtype) {
        return switch (dtype) {
            case INT8 -> Byte.MIN_VALUE;
            case INT32 -> Integer.MIN_VALUE;
            case INT64 -> Long.MIN_VALUE;
            case UINT8, BOOL -> 0;
            case FLOAT32, FLOAT64, FLOAT16, BFLOAT16 -> throw new IllegalArgumentException(dtype + " has fractions");
        };
    }

    /** The number that MIN of nothing gives. */
    static long largest(DType dtype) {
        return switch (dtype) {
            case INT8 -> Byte.MAX_VALUE;
            case UINT8 -> 255;
            case INT32 -> Integer.MAX_VALUE;
            case INT64 -> Long.MAX_VALUE;
            case BOOL -> 1;
            case FLOAT32, FLOAT64, FLOAT16, BFLOAT16 -> throw new IllegalArgumentException(dtype + " has fractions");
        };
    }
}
