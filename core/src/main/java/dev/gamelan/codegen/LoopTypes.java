package dev.gamelan.codegen;

import dev.gamelan.ir.Op;
import dev.gamelan.kernel.LoopKernel;
import dev.gamelan.kernel.LoopKernel.Expr;
import dev.gamelan.shape.DType;

/** In which type and how many lanes a loop kernel computes. */
final class LoopTypes {

    private LoopTypes() {}

    /** What values of a type are held in; a BOOL is a mask and has none of its own, and 16-bit floats are moved as their bits. */
    static ElementType of(DType dtype) {
        return switch (dtype) {
            case FLOAT32 -> ElementType.FLOAT;
            case FLOAT64 -> ElementType.DOUBLE;
            case INT8, UINT8, INT32, BOOL, FLOAT16, BFLOAT16 -> ElementType.INT;
            case INT64 -> ElementType.LONG;
        };
    }

    /** Vectors where every access and operation has a vector form, else the scalar form. */
    static Lanes lanes(LoopKernel kernel, int vectorBits) {
        boolean vectors = kernel.operands().stream().noneMatch(operand -> isNarrow(operand.dtype()))
                && kernel.values().stream().noneMatch(value -> !isComputed(value.dtype()) || isScalarOnly(value))
                && kernel.stores().stream().allMatch(store -> isUnit(kernel, store.operand()))
                && kernel.operands().stream().noneMatch(operand -> operand.dtype() == DType.BOOL && !isUnitOrZero(operand));
        if (!vectors) {
            return Lanes.SCALAR;
        }
        ElementType widest = kernel.values().stream().map(value -> of(value.dtype())).filter(type -> type.bits() == 64).findFirst()
                .orElse(ElementType.FLOAT);
        Lanes lanes = Lanes.ofBits(vectorBits, widest);
        boolean fits = !lanes.isVector() || lanes.count() * 32 >= 64;
        return fits && !(widest.bits() == 64 && onlyNarrows(kernel)) ? lanes : Lanes.SCALAR;
    }

    /**
     * Whether numbers of 64 bits are but cast to FLOAT32: vectors of half the width would be stored, and HotSpot vectorizes such loops by
     * itself. All stores of the Vector API go through one method, whose profile all kernels share: as soon as it has seen two widths,
     * kernels that are compiled without a profile of their own keep their vectors as objects.
     */
    private static boolean onlyNarrows(LoopKernel kernel) {
        return kernel.form() == LoopKernel.Form.MAP
                && kernel.stores().stream().allMatch(store -> kernel.operands().get(store.operand()).dtype() == DType.FLOAT32)
                && kernel.values().stream().allMatch(value -> switch (value.expr()) {
                    case Expr.Load _ -> true;
                    case Expr.Number _, Expr.Reduction _ -> value.dtype() == DType.FLOAT32;
                    case Expr.Apply apply -> value.dtype() == DType.FLOAT32 && (apply.op() instanceof Op.Cast || isArithmetic(apply.op()));
                });
    }

    private static boolean isArithmetic(Op op) {
        return op instanceof Op.Binary binary && switch (binary.kind()) {
            case ADD, SUB, MUL -> true;
            case DIV, MAX, MIN, POW, ATAN2, REM, AND, OR, XOR, SHL, SHR, USHR -> false;
        };
    }

    /** Whether values that are not in memory have a vector form: bytes are computed as INT and wrapped. */
    private static boolean isComputed(DType dtype) {
        return !isNarrow(dtype) || dtype.isInteger();
    }

    private static boolean isNarrow(DType dtype) {
        return switch (dtype) {
            case FLOAT16, BFLOAT16, INT8, UINT8 -> true;
            case FLOAT32, FLOAT64, INT32, INT64, BOOL -> false;
        };
    }

    /** Operations that are done number by number anyway. */
    private static boolean isScalarOnly(LoopKernel.Value value) {
        if (!(value.expr() instanceof Expr.Apply apply)) {
            return false;
        }
        return switch (apply.op()) {
            case Op.Binary binary -> switch (binary.kind()) {
                case POW, ATAN2, REM -> value.dtype() != DType.FLOAT32;
                case DIV -> value.dtype().isInteger();
                case ADD, SUB, MUL, MAX, MIN, AND, OR, XOR, SHL, SHR, USHR -> false;
            };
            case Op.Unary unary -> switch (unary.kind()) {
                case TAN, ASIN, ACOS, SINH, COSH, ASINH, ACOSH, ATANH -> true;
                case NEG, ABS, SIGN, SQRT, RSQRT, RELU, NOT, EXP, EXPM1, LOG, LOG1P, SIN, COS, TANH, SIGMOID -> false;
                case ATAN, ERF, FLOOR, CEIL, ROUND, TRUNC -> value.dtype() == DType.FLOAT64;
            };
            default -> false;
        };
    }

    private static boolean isUnit(LoopKernel kernel, int operand) {
        var strides = kernel.operands().get(operand).strides();
        return strides.isEmpty() || strides.getLast() == LoopKernel.Stride.ONE
                || kernel.form() == LoopKernel.Form.ROW_WISE && isUnitOrZero(kernel.operands().get(operand));
    }

    private static boolean isUnitOrZero(LoopKernel.Operand operand) {
        return operand.strides().isEmpty() || operand.strides().getLast() != LoopKernel.Stride.OTHER;
    }

    /** How many operands have elements that are gathered one by one, which makes long code. */
    static long strided(LoopKernel kernel) {
        return kernel.operands().stream().filter(operand -> !isUnitOrZero(operand)).count();
    }

    /** The largest or smallest number of a type, which a minimum or maximum begins with. */
    static double bound(DType dtype, boolean upper) {
        return switch (dtype) {
            case FLOAT32, FLOAT64 -> upper ? Double.POSITIVE_INFINITY : Double.NEGATIVE_INFINITY;
            case INT8 -> upper ? 127 : -128;
            case UINT8 -> upper ? 255 : 0;
            case BOOL -> upper ? 1 : 0;
            case INT32 -> upper ? Integer.MAX_VALUE : Integer.MIN_VALUE;
            // In doubles: casts to long saturate, so the largest double stands for the largest long.
            case INT64 -> upper ? 0x1p63 : -0x1p63;
            case FLOAT16, BFLOAT16 -> throw new IllegalArgumentException("no arithmetic in " + dtype);
        };
    }
}
