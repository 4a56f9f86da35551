package dev.gamelan.kernel;

import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;

/** How many vector instructions an operation is, roughly: keeps kernels within the size that compiles well. */
public final class Costs {

    private Costs() {}

    static int of(Node node) {
        return of(node.op());
    }

    public static int of(Op op) {
        return switch (op) {
            case Op.Unary unary -> unary(unary.kind());
            case Op.Binary binary -> binary.kind() == Op.BinaryKind.POW || binary.kind() == Op.BinaryKind.ATAN2 ? 8 : 1;
            default -> 1;
        };
    }

    private static int unary(Op.UnaryKind kind) {
        return switch (kind) {
            case NEG, ABS, SQRT, RSQRT, RELU, FLOOR, CEIL, ROUND, TRUNC, NOT, SIGN -> 1;
            case EXP, EXPM1, LOG, LOG1P, TANH, SIGMOID, ERF, SIN, COS -> 18;
            case TAN, ASIN, ACOS, ATAN, SINH, COSH, ASINH, ACOSH, ATANH -> 8;
        };
    }
}
