package dev.gamelan.interop.onnx.export;

import static dev.gamelan.interop.onnx.export.Protos.attribute;

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
            case ATAN2, SHL, SHR, USHR -> throw new FormatException(
                    "ONNX has no operator for this\n  expected  arithmetic that ONNX knows\n  received  " + kind);
        };
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
