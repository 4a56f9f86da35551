package dev.gamelan.interop.safetensors;

import dev.gamelan.shape.DType;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** The format's names of element types. */
final class DTypeNames {

    private DTypeNames() {}

    static String of(DType dtype) {
        return switch (dtype) {
            case FLOAT32 -> "F32";
            case FLOAT64 -> "F64";
            case FLOAT16 -> "F16";
            case BFLOAT16 -> "BF16";
            case INT8 -> "I8";
            case UINT8 -> "U8";
            case INT32 -> "I32";
            case INT64 -> "I64";
            case BOOL -> "BOOL";
        };
    }

    static Optional<DType> parse(String name) {
        return Arrays.stream(DType.values()).filter(dtype -> of(dtype).equals(name)).findFirst();
    }

    static List<String> all() {
        return Arrays.stream(DType.values()).map(DTypeNames::of).toList();
    }
}
