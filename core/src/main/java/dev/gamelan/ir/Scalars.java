package dev.gamelan.ir;

import dev.gamelan.shape.DType;

/** Reading, writing and rounding single elements of every type: the meaning of a cast. */
public final class Scalars {

    private Scalars() {}

    public static double getDouble(DType dtype, Object array, int i) {
        return switch (dtype) {
            case FLOAT32 -> ((float[]) array)[i];
            case FLOAT64 -> ((double[]) array)[i];
            case FLOAT16 -> Float.float16ToFloat(((short[]) array)[i]);
            case BFLOAT16 -> bfloat16ToFloat(((short[]) array)[i]);
            case INT8, UINT8, INT32, INT64, BOOL -> getLong(dtype, array, i);
        };
    }

    public static long getLong(DType dtype, Object array, int i) {
        return switch (dtype) {
            case FLOAT32, FLOAT64, FLOAT16, BFLOAT16 -> (long) getDouble(dtype, array, i);
            case INT8 -> ((byte[]) array)[i];
            case UINT8 -> ((byte[]) array)[i] & 0xFF;
            case INT32 -> ((int[]) array)[i];
            case INT64 -> ((long[]) array)[i];
            case BOOL -> ((boolean[]) array)[i] ? 1 : 0;
        };
    }

    /** Stores a value, rounded as a cast from FLOAT64 would: see {@link #toLong}. */
    public static void setDouble(DType dtype, Object array, int i, double value) {
        switch (dtype) {
            case FLOAT32 -> ((float[]) array)[i] = (float) value;
            case FLOAT64 -> ((double[]) array)[i] = value;
            case FLOAT16 -> ((short[]) array)[i] = Float.floatToFloat16((float) value);
            case BFLOAT16 -> ((short[]) array)[i] = floatToBfloat16((float) value);
            case BOOL -> ((boolean[]) array)[i] = value != 0;
            case INT8, UINT8, INT32, INT64 -> setLong(dtype, array, i, toLong(dtype, value));
        }
    }

    /** Stores a value; what does not fit an integer type wraps around. */
    public static void setLong(DType dtype, Object array, int i, long value) {
        switch (dtype) {
            case FLOAT32 -> ((float[]) array)[i] = value;
            case FLOAT64 -> ((double[]) array)[i] = value;
            case FLOAT16, BFLOAT16 -> setDouble(dtype, array, i, value);
            case INT8, UINT8 -> ((byte[]) array)[i] = (byte) value;
            case INT32 -> ((int[]) array)[i] = (int) value;
            case INT64 -> ((long[]) array)[i] = value;
            case BOOL -> ((boolean[]) array)[i] = value != 0;
        }
    }

    /**
     * A fraction as an integer of this type, by Java's rules: towards zero, NaN to 0, saturating at the bounds of int
     * for every type up to 32 bits (whose lower bits are then kept) and of long for INT64.
     */
    public static long toLong(DType dtype, double value) {
        return dtype == DType.INT64 ? (long) value : (int) value;
    }

    public static float bfloat16ToFloat(short bits) {
        return Float.intBitsToFloat(bits << 16);
    }

    /** Rounds to nearest, ties to even; NaN stays NaN. */
    public static short floatToBfloat16(float value) {
        int bits = Float.floatToRawIntBits(value);
        if (Float.isNaN(value)) {
            return (short) (bits >>> 16 | 0x40);
        }
        return (short) (bits + 0x7FFF + (bits >>> 16 & 1) >>> 16);
    }
}
