package dev.gamelan.grad;

import static dev.gamelan.ir.Op.BinaryKind.ADD;
import static dev.gamelan.ir.Op.BinaryKind.POW;
import static dev.gamelan.ir.Op.CompareKind.EQ;
import static dev.gamelan.ir.Op.CompareKind.GT;
import static dev.gamelan.ir.Op.CompareKind.LT;
import static dev.gamelan.ir.Op.UnaryKind.COS;
import static dev.gamelan.ir.Op.UnaryKind.COSH;
import static dev.gamelan.ir.Op.UnaryKind.EXP;
import static dev.gamelan.ir.Op.UnaryKind.LOG;
import static dev.gamelan.ir.Op.UnaryKind.RSQRT;
import static dev.gamelan.ir.Op.UnaryKind.SIGN;
import static dev.gamelan.ir.Op.UnaryKind.SIN;
import static dev.gamelan.ir.Op.UnaryKind.SINH;
import static dev.gamelan.ir.Op.UnaryKind.TRUNC;
import static dev.gamelan.ir.Ops.add;
import static dev.gamelan.ir.Ops.compare;
import static dev.gamelan.ir.Ops.div;
import static dev.gamelan.ir.Ops.fillLike;
import static dev.gamelan.ir.Ops.mul;
import static dev.gamelan.ir.Ops.neg;
import static dev.gamelan.ir.Ops.select;
import static dev.gamelan.ir.Ops.sub;

import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Ops;

/**
 * The derivatives of element-wise operations. Each maps a change of an operand to the change of the result; as that is a
 * diagonal matrix, the same expression takes a gradient back.
 */
final class Pointwise {

    private Pointwise() {}

    /** Whether the derivative is 0 wherever it exists. */
    static boolean isFlat(Op.UnaryKind kind) {
        return switch (kind) {
            case SIGN, FLOOR, CEIL, ROUND, TRUNC, NOT -> true;
            case NEG, ABS, SQRT, RSQRT, EXP, EXPM1, LOG, LOG1P, SIN, COS, TAN, ASIN, ACOS, ATAN, SINH, COSH, ASINH, ACOSH, ATANH, TANH,
                    SIGMOID, ERF, RELU -> false;
        };
    }

    /** t times the derivative of {@code y = kind(x)}. */
    static Node derivative(Op.UnaryKind kind, Node x, Node y, Node t) {
        return switch (kind) {
            case NEG -> neg(t);
            case ABS -> mul(t, f(SIGN, x));
            case SQRT -> div(mul(t, 0.5), y);
            case RSQRT -> mul(t, mul(mul(y, mul(y, y)), -0.5));
            case EXP -> mul(t, y);
            case EXPM1 -> mul(t, plus(y, 1));
            case LOG -> div(t, x);
            case LOG1P -> div(t, plus(x, 1));
            case SIN -> mul(t, f(COS, x));
            case COS -> mul(t, neg(f(SIN, x)));
            case TAN -> mul(t, plus(mul(y, y), 1));
            case ASIN -> mul(t, f(RSQRT, oneMinus(mul(x, x))));
            case ACOS -> mul(t, neg(f(RSQRT, oneMinus(mul(x, x)))));
            case ATAN -> div(t, plus(mul(x, x), 1));
            case SINH -> mul(t, f(COSH, x));
            case COSH -> mul(t, f(SINH, x));
            case ASINH -> mul(t, f(RSQRT, plus(mul(x, x), 1)));
            case ACOSH -> mul(t, f(RSQRT, mul(plus(x, -1), plus(x, 1))));
            case ATANH -> div(t, oneMinus(mul(x, x)));
            case TANH -> mul(t, oneMinus(mul(y, y)));
            case SIGMOID -> mul(t, mul(y, oneMinus(y)));
            case ERF -> mul(t, mul(f(EXP, neg(mul(x, x))), 2 / Math.sqrt(Math.PI)));
            case RELU -> select(compare(GT, y, 0), t, fillLike(t, 0));
            case SIGN, FLOOR, CEIL, ROUND, TRUNC, NOT -> fillLike(t, 0);
        };
    }

    /** t times the derivative of {@code y = kind(a, b)} with respect to a. */
    static Node first(Op.BinaryKind kind, Node a, Node b, Node y, Node t) {
        return switch (kind) {
            case ADD, SUB, REM -> t;
            case MUL -> mul(t, b);
            case DIV -> div(t, b);
            case POW -> powerOfBase(a, b, t);
            case MAX -> split(GT, a, b, t);
            case MIN -> split(LT, a, b, t);
            case ATAN2 -> mul(t, div(b, add(mul(a, a), mul(b, b))));
            case AND, OR, XOR, SHL, SHR, USHR -> fillLike(t, 0);
        };
    }

    /** t times the derivative of {@code y = kind(a, b)} with respect to b. */
    static Node second(Op.BinaryKind kind, Node a, Node b, Node y, Node t) {
        return switch (kind) {
            case ADD -> t;
            case SUB -> neg(t);
            case REM -> mul(t, neg(f(TRUNC, div(a, b))));
            case MUL -> mul(t, a);
            case DIV -> mul(t, neg(div(y, b)));
            case POW -> powerOfExponent(a, y, t);
            case MAX -> split(GT, b, a, t);
            case MIN -> split(LT, b, a, t);
            case ATAN2 -> mul(t, neg(div(a, add(mul(a, a), mul(b, b)))));
            case AND, OR, XOR, SHL, SHR, USHR -> fillLike(t, 0);
        };
    }

    /** {@code b a^(b-1)}, but 0 for b = 0, also at a = 0. */
    private static Node powerOfBase(Node a, Node b, Node t) {
        if (b.op() instanceof Op.Fill(var _, Number exponent)) {
            return powerOfBase(a, exponent.doubleValue(), t);
        }
        Node flat = compare(EQ, b, 0);
        Node lowered = plus(select(flat, fillLike(b, 1), b), -1);
        return mul(t, mul(b, Node.of(new Op.Binary(POW), a, lowered)));
    }

    private static Node powerOfBase(Node a, double exponent, Node t) {
        if (exponent == 0) {
            return fillLike(t, 0);
        } else if (exponent == 1) {
            return t;
        } else if (exponent == 2) {
            return mul(t, mul(a, 2));
        }
        return mul(t, mul(Node.of(new Op.Binary(POW), a, fillLike(a, exponent - 1)), exponent));
    }

    /** {@code a^b log a}, but 0 at a = 0, where all but negative exponents give a flat function of the exponent. */
    private static Node powerOfExponent(Node a, Node y, Node t) {
        Node zero = compare(EQ, a, 0);
        return select(zero, fillLike(t, 0), mul(t, mul(y, f(LOG, select(zero, fillLike(a, 1), a)))));
    }

    /** t to the winner, half of it where there is none. */
    private static Node split(Op.CompareKind wins, Node a, Node b, Node t) {
        return select(compare(wins, a, b), t, select(compare(EQ, a, b), mul(t, 0.5), fillLike(t, 0)));
    }

    private static Node f(Op.UnaryKind kind, Node x) {
        return Ops.unary(kind, x);
    }

    private static Node plus(Node x, double number) {
        return Ops.binary(ADD, x, number);
    }

    private static Node oneMinus(Node x) {
        return sub(fillLike(x, 1), x);
    }
}
