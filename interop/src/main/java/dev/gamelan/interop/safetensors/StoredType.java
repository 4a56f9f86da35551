package dev.gamelan.interop.safetensors;

import dev.gamelan.interop.onnx.value.ElementType;
import dev.gamelan.shape.DType;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The element types of the format, in its own order, which is also that of alignment. Those that Java arrays of tensors do
 * not have are widened to one that holds every value ({@link #dtype}), or can be had as bytes only.
 */
public enum StoredType {
    BOOL(8, DType.BOOL), F4(4), F6_E2M3(6), F6_E3M2(6), U8(8, DType.UINT8), I8(8, DType.INT8),
    F8_E5M2(8, ElementType.FLOAT8E5M2), F8_E4M3(8, ElementType.FLOAT8E4M3FN), F8_E8M0(8, ElementType.FLOAT8E8M0),
    F8_E4M3FNUZ(8, ElementType.FLOAT8E4M3FNUZ), F8_E5M2FNUZ(8, ElementType.FLOAT8E5M2FNUZ),
    I16(16, DType.INT32), U16(16, DType.INT32), F16(16, DType.FLOAT16), BF16(16, DType.BFLOAT16),
    I32(32, DType.INT32), U32(32, DType.INT64), F32(32, DType.FLOAT32), C64(64), F64(64, DType.FLOAT64),
    I64(64, DType.INT64), U64(64, DType.INT64);

    private final int bits;
    private final Optional<DType> dtype;
    private final Optional<ElementType> small;

    StoredType(int bits) {
        this(bits, Optional.empty(), Optional.empty());
    }

    StoredType(int bits, DType dtype) {
        this(bits, Optional.of(dtype), Optional.empty());
    }

    StoredType(int bits, ElementType small) {
        this(bits, Optional.of(DType.FLOAT32), Optional.of(small));
    }

    StoredType(int bits, Optional<DType> dtype, Optional<ElementType> small) {
        this.bits = bits;
        this.dtype = dtype;
        this.small = small;
    }

    /** How many bits an element takes. */
    public int bits() {
        return bits;
    }

    /**
     * The type that {@link StoredTensor#data} gives: itself where there is one, INT32 for 16-bit integers, INT64 for larger
     * unsigned ones, FLOAT32 for 8-bit floats. None for floats below 8 bits and complex numbers.
     */
    public Optional<DType> dtype() {
        return dtype;
    }

    /** For 8-bit floats. */
    Optional<ElementType> small() {
        return small;
    }

    /** Whether the bytes are those of {@link #dtype} as they are. */
    boolean isExact() {
        return dtype.isPresent() && of(dtype.orElseThrow()) == this;
    }

    /** How a type is stored. */
    public static StoredType of(DType dtype) {
        return switch (dtype) {
            case FLOAT32 -> F32;
            case FLOAT64 -> F64;
            case FLOAT16 -> F16;
            case BFLOAT16 -> BF16;
            case INT8 -> I8;
            case UINT8 -> U8;
            case INT32 -> I32;
            case INT64 -> I64;
            case BOOL -> BOOL;
        };
    }

    static Optional<StoredType> parse(String name) {
        return Arrays.stream(values()).filter(type -> type.name().equals(name)).findFirst();
    }

    /** Those with a {@link #dtype}. */
    static List<StoredType> readable() {
        return Arrays.stream(values()).filter(type -> type.dtype.isPresent()).toList();
    }
}
