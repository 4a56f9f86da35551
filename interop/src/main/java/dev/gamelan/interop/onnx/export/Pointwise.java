package dev.gamelan.interop.onnx.export;

import static dev.gamelan.interop.onnx.export.Protos.attribute;

import dev.gamelan.interop.onnx.value.ElementType;
import dev.gamelan.ir.Data;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Scalars;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.FormatException;
import dev.gamelan.shape.Shape;
import java.util.List;

/** Element-wise operations. */
final class Pointwise {

    private Pointwise() {}

    static String unary(Writer w, Op.UnaryKind kind, Node node, String x) {
        DType dtype = node.dtype();
        return switch (kind) {
            case NEG -> w.add("Neg", List.of(x));
            case ABS -> w.add("Abs", List.of(x));
            case SIGN -> w.add("Sign", List.of(x));
            case SQRT -> w.add("Sqrt", List.of(x));
            case RSQRT -> w.add("Reciprocal", List.of(w.add("Sqrt", List.of(x))));
            case EXP -> w.add("Exp", List.of(x));
            case EXPM1 -> w.add("Sub", List.of(w.add("Exp", List.of(x)), number(w, dtype, 1)));
            case LOG -> w.add("Log", List.of(x));
            case LOG1P -> w.add("Log", List.of(w.add("Add", List.of(x, number(w, dtype, 1)))));
            case SIN -> w.add("Sin", List.of(x));
            case COS -> w.add("Cos", List.of(x));
            case TAN -> w.add("Tan", List.of(x));
            case ASIN -> w.add("Asin", List.of(x));
            case ACOS -> w.add("Acos", List.of(x));
            case ATAN -> w.add("Atan", List.of(x));
            case SINH -> w.add("Sinh", List.of(x));
            case COSH -> w.add("Cosh", List.of(x));
            case ASINH -> w.add("Asinh", List.of(x));
            case ACOSH -> w.add("Acosh", List.of(x));
            case ATANH -> w.add("Atanh", List.of(x));
            case TANH -> w.add("Tanh", List.of(x));
            case SIGMOID -> w.add("Sigmoid", List.of(x));
            case ERF -> w.add("Erf", List.of(x));
            case RELU -> w.add("Relu", List.of(x));
            case FLOOR -> w.add("Floor", List.of(x));
            case CEIL -> w.add("Ceil", List.of(x));
            case ROUND -> w.add("Round", List.of(x));
            case TRUNC -> w.add("Mul", List.of(w.add("Sign", List.of(x)), w.add("Floor", List.of(w.add("Abs", List.of(x))))));
            case NOT -> w.add(dtype == DType.BOOL ? "Not" : "BitwiseNot", List.of(x));
        };
    }

    static String binary(Writer w, Op.BinaryKind kind, Node node, List<String> operands) {
        boolean logical = node.dtype() == DType.BOOL;
        return switch (kind) {
            case ADD -> w.add("Add", operands);
            case SUB -> w.add("Sub", operands);
            case MUL -> w.add("Mul", operands);
            case DIV -> w.add("Div", operands);
            case REM -> w.add("Mod", operands, attribute("fmod", 1));
            case POW -> w.add("Pow", operands);
            case MAX -> w.add(logical ? "Or" : "Max", operands);
            case MIN -> w.add(logical ? "And" : "Min", operands);
            case AND -> w.add(logical ? "And" : "BitwiseAnd", operands);
            case OR -> w.add(logical ? "Or" : "BitwiseOr", operands);
            case XOR -> w.add(logical ? "Xor" : "BitwiseXor", operands);
            case SHL -> shift(w, "LEFT", node.dtype(), operands.getFirst(), operands.getLast());
            case USHR -> shift(w, "RIGHT", node.dtype(), operands.getFirst(), operands.getLast());
            case SHR -> signedShift(w, node.dtype(), operands.getFirst(), operands.getLast());
            case ATAN2 -> throw new FormatException(
                    "ONNX has no operator for this\n  expected  arithmetic that ONNX knows\n  received  " + kind);
        };
    }

    /** ONNX Runtime's {@code Where} lacks BOOL and INT8. */
    static String select(Writer w, DType dtype, List<String> operands) {
        String condition = operands.get(0);
        if (dtype == DType.BOOL) {
            String yes = w.add("And", List.of(condition, operands.get(1)));
            return w.add("Or", List.of(yes, w.add("And", List.of(w.add("Not", List.of(condition)), operands.get(2)))));
        } else if (dtype == DType.INT8) {
            String wide = w.add("Where",
                    List.of(condition, cast(w, operands.get(1), ElementType.INT32), cast(w, operands.get(2), ElementType.INT32)));
            return cast(w, wide, ElementType.INT8);
        }
        return w.add("Where", operands);
    }

    /** ONNX shifts unsigned integers alone. */
    private static String shift(Writer w, String direction, DType dtype, String x, String bits) {
        ElementType unsigned = switch (dtype) {
            case INT8, UINT8 -> ElementType.UINT8;
            case INT32 -> ElementType.UINT32;
            case INT64 -> ElementType.UINT64;
            case FLOAT32, FLOAT64, FLOAT16, BFLOAT16, BOOL -> throw new IllegalArgumentException("a shift of " + dtype);
        };
        String shifted = w.add("BitShift", List.of(cast(w, x, unsigned), cast(w, bits, unsigned)), attribute("direction", direction));
        return cast(w, shifted, ElementType.of(dtype));
    }

    private static String cast(Writer w, String x, ElementType to) {
        return w.add("Cast", List.of(x), attribute("to", to.code()));
    }

    /** Negative numbers are shifted as what their complement is. */
    private static String signedShift(Writer w, DType dtype, String x, String bits) {
        if (dtype == DType.UINT8) {
            return shift(w, "RIGHT", dtype, x, bits);
        }
        String negative = w.add("Less", List.of(x, number(w, dtype, 0)));
        String positive = select(w, dtype, List.of(negative, w.add("BitwiseNot", List.of(x)), x));
        String shifted = shift(w, "RIGHT", dtype, positive, bits);
        return select(w, dtype, List.of(negative, w.add("BitwiseNot", List.of(shifted)), shifted));
    }

    static String compare(Writer w, Op.CompareKind kind, List<String> operands) {
        return switch (kind) {
            case EQ -> w.add("Equal", operands);
            case NE -> w.add("Not", List.of(w.add("Equal", operands)));
            case LT -> w.add("Less", operands);
            case LE -> w.add("LessOrEqual", operands);
            case GT -> w.add("Greater", operands);
            case GE -> w.add("GreaterOrEqual", operands);
        };
    }

    static String number(Writer w, DType dtype, double value) {
        Object array = dtype.newArray(1);
        Scalars.setDouble(dtype, array, 0, value);
        return w.constant(Data.of(dtype, Shape.SCALAR, array));
    }
}
