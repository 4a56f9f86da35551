package dev.gamelan.shape;

/**
 * The type of a tensor's elements, with the Java array that stores them.
 *
 * <p>{@link #FLOAT16} and {@link #BFLOAT16} are storage types: they are moved, indexed and cast, and computed with after
 * a cast to {@link #FLOAT32}.
 */
public enum DType {
    FLOAT32(Kind.FLOATING, 4), FLOAT64(Kind.FLOATING, 8), FLOAT16(Kind.STORAGE, 2), BFLOAT16(Kind.STORAGE, 2),
    INT8(Kind.INTEGER, 1), UINT8(Kind.INTEGER, 1), INT32(Kind.INTEGER, 4), INT64(Kind.INTEGER, 8), BOOL(Kind.LOGICAL, 1);

    private enum Kind {
        FLOATING, STORAGE, INTEGER, LOGICAL
    }

    private final Kind kind;
    private final int bytes;

    DType(Kind kind, int bytes) {
        this.kind = kind;
        this.bytes = bytes;
    }

    /** Bytes per element, in memory and in files. */
    public int bytes() {
        return bytes;
    }

    /** FLOAT32 and FLOAT64: the types with fractions that arithmetic is done in. */
    public boolean isFloating() {
        return kind == Kind.FLOATING;
    }

    /** INT8, UINT8, INT32 and INT64. */
    public boolean isInteger() {
        return kind == Kind.INTEGER;
    }

    /** Floating or integer: the types with arithmetic. */
    public boolean isNumeric() {
        return isFloating() || isInteger();
    }

    /** FLOAT16 and BFLOAT16. */
    public boolean isStorageOnly() {
        return kind == Kind.STORAGE;
    }

    /** A new array that stores {@code length} zeros of this type. */
    public Object newArray(int length) {
        return switch (this) {
            case FLOAT32 -> new float[length];
            case FLOAT64 -> new double[length];
            case FLOAT16, BFLOAT16 -> new short[length];
            case INT8, UINT8 -> new byte[length];
            case INT32 -> new int[length];
            case INT64 -> new long[length];
            case BOOL -> new boolean[length];
        };
    }
}
