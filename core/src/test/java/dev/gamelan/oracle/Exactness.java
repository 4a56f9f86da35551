package dev.gamelan.oracle;

import dev.gamelan.ir.Data;
import dev.gamelan.shape.DType;
import java.util.Optional;

/** How near a backend's result has to be to that of the reference. */
public enum Exactness {

    /** Every bit, also of NaN: elements are moved or are no fractions. */
    BITS,
    /** Every bit but those of NaN, which Java leaves open: the same computation once more. */
    REPEATED,
    /** The nearest number of the type; zeros are equal, and NaNs. */
    EXACT,
    /** A function that is rounded a few times: near relative to the result itself. */
    FUNCTION,
    /** A sum of many: near relative to the largest result. */
    ACCUMULATED;

    /** The first element that differs, in words; nothing if there is none. */
    public Optional<String> difference(Data expected, Data actual) {
        if (!expected.type().equals(actual.type())) {
            return Optional.of("expected the type " + expected.type() + ", received " + actual.type());
        }
        double largest = this == ACCUMULATED ? largest(expected) : 0;
        for (int i = 0; i < expected.length(); i++) {
            if (!near(expected, actual, i, largest)) {
                return Optional.of("element " + i + " of " + expected.type() + ": expected " + text(expected, i) + ", received "
                        + text(actual, i));
            }
        }
        return Optional.empty();
    }

    private boolean near(Data expected, Data actual, int i, double largest) {
        DType dtype = expected.dtype();
        if (!dtype.isFloating() && !dtype.isStorageOnly()) {
            return expected.getLong(i) == actual.getLong(i);
        }
        double e = expected.getDouble(i);
        double a = actual.getDouble(i);
        if (this == BITS || this == REPEATED) {
            return bits(expected, i) == bits(actual, i) || this == REPEATED && Double.isNaN(e) && Double.isNaN(a);
        }
        if (e == a || Double.isNaN(e) && Double.isNaN(a)) {
            return true;
        }
        if (this == EXACT || !Double.isFinite(e)) {
            return false;
        }
        return Math.abs(e - a) <= tolerance(dtype) * Math.max(Math.abs(e), largest) + smallest(dtype);
    }

    private double tolerance(DType dtype) {
        return switch (dtype) {
            case FLOAT32 -> this == FUNCTION ? 2e-6 : 2e-5;
            case FLOAT64 -> this == FUNCTION ? 1e-13 : 1e-12;
            case FLOAT16 -> 2e-3;
            case BFLOAT16 -> 1.6e-2;
            case INT8, UINT8, INT32, INT64, BOOL -> 0;
        };
    }

    /** Subnormal results may be flushed to zero. */
    private static double smallest(DType dtype) {
        return dtype == DType.FLOAT64 ? Double.MIN_NORMAL : Float.MIN_NORMAL;
    }

    private static double largest(Data x) {
        double largest = 0;
        for (int i = 0; i < x.length(); i++) {
            double value = Math.abs(x.getDouble(i));
            largest = Double.isFinite(value) ? Math.max(largest, value) : largest;
        }
        return largest;
    }

    private static long bits(Data x, int i) {
        return switch (x.dtype()) {
            case FLOAT32 -> Float.floatToRawIntBits(((float[]) x.array())[i]);
            case FLOAT64 -> Double.doubleToRawLongBits(((double[]) x.array())[i]);
            case FLOAT16, BFLOAT16 -> ((short[]) x.array())[i];
            case INT8, UINT8, INT32, INT64, BOOL -> x.getLong(i);
        };
    }

    static String text(Data x, int i) {
        boolean fraction = x.dtype().isFloating() || x.dtype().isStorageOnly();
        return fraction ? x.getDouble(i) + " (bits " + Long.toHexString(bits(x, i)) + ")" : Long.toString(x.getLong(i));
    }
}
