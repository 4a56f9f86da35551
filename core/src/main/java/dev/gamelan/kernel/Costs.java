package dev.gamelan.kernel;

import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;

/**
 * How many vector instructions an operation is, roughly (35 bytes of bytecode each): keeps kernels within the size that
 * compiles well.
 */
public final class Costs {

    private Costs() {}

    static int of(Node node) {
        return of(node.op());
    }

    public static int of(Op op) {
        return switch (op) {
            case Op.Unary unary -> unary(unary.kind());
            case Op.Binary binary -> binary(binary.kind());
            default -> 1;
        };
    }

    private static int binary(Op.BinaryKind kind) {
        return switch (kind) {
            case POW -> 40;
            case ATAN2 -> 25;
            case REM -> 12;
            case ADD, SUB, MUL, DIV, MAX, MIN, AND, OR, XOR, SHL, SHR, USHR -> 1;
        };
    }

    private static int unary(Op.UnaryKind kind) {
        return switch (kind) {
            case NEG, ABS, SQRT, RSQRT, RELU, NOT -> 1;
            case FLOOR, CEIL, ROUND, SIGN -> 4;
            case TRUNC -> 8;
            case TANH, ERF, EXP -> 16;
            case LOG, SIGMOID -> 20;
            case LOG1P, SIN, COS -> 25;
            case EXPM1 -> 40;
            case ATAN -> 20;
            case TAN, ASIN, ACOS, SINH, COSH, ASINH, ACOSH, ATANH -> 8;
        };
    }
}
