package dev.gamelan.interop.npy;

import dev.gamelan.shape.DType;
import dev.gamelan.shape.FormatException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;

/** The element types of the format, by their codes. Those that Java arrays of tensors do not have are widened to one that holds every value. */
enum NpyType {
    F2(DType.FLOAT16), F4(DType.FLOAT32), F8(DType.FLOAT64), I1(DType.INT8), I2(DType.INT32), I4(DType.INT32), I8(DType.INT64),
    U1(DType.UINT8), U2(DType.INT32), U4(DType.INT64), U8(DType.INT64), B1(DType.BOOL);

    private final DType dtype;

    NpyType(DType dtype) {
        this.dtype = dtype;
    }

    /** What it is read as. */
    DType dtype() {
        return dtype;
    }

    /** How many bytes an element takes in a file. */
    int bytes() {
        return name().charAt(1) - '0';
    }

    String code() {
        return name().toLowerCase(java.util.Locale.ROOT);
    }

    static Optional<NpyType> of(String code) {
        return Arrays.stream(values()).filter(type -> type.code().equals(code)).findFirst();
    }

    static String codes() {
        return Arrays.stream(values()).map(NpyType::code).collect(Collectors.joining(", "));
    }

    /** Whether its bytes are those of {@link #dtype} as they are. */
    boolean isExact() {
        return switch (this) {
            case F2, F4, F8, I1, I4, I8, U1, B1 -> true;
            case I2, U2, U4, U8 -> false;
        };
    }

    /** Takes little-endian elements into an array of {@link #dtype}. */
    void widen(byte[] piece, Object array, int from, String name) {
        ByteBuffer bytes = ByteBuffer.wrap(piece).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < piece.length / bytes(); i++) {
            switch (array) {
                case int[] ints -> ints[from + i] = this == I2 ? bytes.getShort() : Short.toUnsignedInt(bytes.getShort());
                case long[] longs -> longs[from + i] = this == U4 ? Integer.toUnsignedLong(bytes.getInt()) : signed(bytes.getLong(), name);
                default -> throw new IllegalStateException(array.getClass().toString());
            }
        }
    }

    private static long signed(long value, String name) {
        if (value < 0) {
            throw new FormatException(name + ": " + Long.toUnsignedString(value) + " does not fit into INT64, which u8 is read as");
        }
        return value;
    }
}
