package dev.gamelan.interop.onnx.value;

import dev.gamelan.shape.DType;
import dev.gamelan.shape.FormatException;
import dev.gamelan.tensor.Tensor;
import java.util.Arrays;
import java.util.List;

/**
 * An element type of ONNX, with the type that carries its values here. A carrier holds every value of the type exactly;
 * only UINT64 beyond 2^63 is carried by its bits. Half-precision and smaller floating types are computed with in FLOAT32.
 */
public enum ElementType {
    FLOAT(1, DType.FLOAT32, 32), UINT8(2, DType.UINT8, 8), INT8(3, DType.INT8, 8), UINT16(4, DType.INT32, 16),
    INT16(5, DType.INT32, 16), INT32(6, DType.INT32, 32), INT64(7, DType.INT64, 64), BOOL(9, DType.BOOL, 8),
    FLOAT16(10, DType.FLOAT32, 16), DOUBLE(11, DType.FLOAT64, 64), UINT32(12, DType.INT64, 32),
    UINT64(13, DType.INT64, 64), BFLOAT16(16, DType.FLOAT32, 16), FLOAT8E4M3FN(17, DType.FLOAT32, 8),
    FLOAT8E4M3FNUZ(18, DType.FLOAT32, 8), FLOAT8E5M2(19, DType.FLOAT32, 8), FLOAT8E5M2FNUZ(20, DType.FLOAT32, 8),
    UINT4(21, DType.UINT8, 4), INT4(22, DType.INT8, 4), FLOAT4E2M1(23, DType.FLOAT32, 4),
    FLOAT8E8M0(24, DType.FLOAT32, 8), UINT2(25, DType.UINT8, 2), INT2(26, DType.INT8, 2),
    FLOAT6E2M3(27, DType.FLOAT32, 6), FLOAT6E3M2(28, DType.FLOAT32, 6);

    /** The code of strings, which are no numbers and have a kind of value of their own. */
    public static final int STRING = 8;

    private final int code;
    private final DType carrier;
    private final int bits;

    ElementType(int code, DType carrier, int bits) {
        this.code = code;
        this.carrier = carrier;
        this.bits = bits;
    }

    /** The number that stands for the type in files. */
    public int code() {
        return code;
    }

    /** The type of the tensors that hold such values. */
    public DType carrier() {
        return carrier;
    }

    /** Bits per element in a file; {@link #BOOL} takes a byte. */
    public int bits() {
        return bits;
    }

    /** @throws FormatException if there is no such type here */
    public static ElementType of(int code) {
        for (ElementType type : values()) {
            if (type.code == code) {
                return type;
            }
        }
        String name = switch (code) {
            case STRING -> "string, where numbers are needed";
            case 14, 15 -> "complex, which is not supported";
            default -> "number " + code;
        };
        throw unknown(name);
    }

    /** @throws FormatException if there is no such type here */
    public static ElementType named(String name) {
        return Arrays.stream(values()).filter(type -> type.name().equals(name)).findFirst().orElseThrow(() -> unknown("'" + name + "'"));
    }

    private static FormatException unknown(String received) {
        return new FormatException("unknown element type\n  expected  one of " + List.of(values()) + "\n  received  " + received);
    }

    /** The type whose values a tensor of this element type holds as they are. */
    public static ElementType of(DType dtype) {
        return switch (dtype) {
            case FLOAT32 -> FLOAT;
            case FLOAT64 -> DOUBLE;
            case FLOAT16 -> FLOAT16;
            case BFLOAT16 -> BFLOAT16;
            case INT8 -> INT8;
            case UINT8 -> UINT8;
            case INT32 -> INT32;
            case INT64 -> INT64;
            case BOOL -> BOOL;
        };
    }

    public boolean isFloating() {
        return carrier.isFloating();
    }

    public boolean isUnsigned() {
        return this == UINT8 || this == UINT16 || this == UINT32 || this == UINT64 || this == UINT4 || this == UINT2;
    }

    public boolean isInteger() {
        return carrier.isInteger();
    }

    /** The least value of an integer type. */
    public long least() {
        return isUnsigned() ? 0 : -1L << bits - 1;
    }

    /** The largest value of an integer type; of UINT64 its bits. */
    public long most() {
        return bits == 64 ? isUnsigned() ? -1 : Long.MAX_VALUE : (1L << (isUnsigned() ? bits : bits - 1)) - 1;
    }

    /** Whether sums and products of carried values may leave the range of the type. */
    public boolean isNarrowerThanCarrier() {
        return isInteger() && bits < 8 * carrier.bytes();
    }

    /** A carried result of arithmetic, brought back into the range of the type by wrapping around. */
    public Tensor wrap(Tensor x) {
        if (!isNarrowerThanCarrier()) {
            return x;
        }
        int spare = 8 * carrier.bytes() - bits;
        Tensor high = x.shiftLeft(spare);
        return isUnsigned() ? high.shiftRightUnsigned(spare) : high.shiftRight(spare);
    }

    /** A carried FLOAT32 result, rounded to what the type can hold: see {@link SmallFloats}. */
    public Tensor round(Tensor x, boolean saturate) {
        return switch (this) {
            case FLOAT16 -> x.cast(DType.FLOAT16).cast(DType.FLOAT32);
            case BFLOAT16 -> x.cast(DType.BFLOAT16).cast(DType.FLOAT32);
            case FLOAT8E4M3FN, FLOAT8E4M3FNUZ, FLOAT8E5M2, FLOAT8E5M2FNUZ, FLOAT4E2M1, FLOAT6E2M3, FLOAT6E3M2, FLOAT8E8M0 ->
                    SmallFloats.round(this, x, saturate);
            case FLOAT, DOUBLE, UINT8, INT8, UINT16, INT16, INT32, INT64, UINT32, UINT64, BOOL, UINT4, INT4, UINT2, INT2 -> x;
        };
    }
}
