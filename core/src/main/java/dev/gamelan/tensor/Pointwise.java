package dev.gamelan.tensor;

import static dev.gamelan.ir.Op.BinaryKind.ADD;
import static dev.gamelan.ir.Op.BinaryKind.DIV;
import static dev.gamelan.ir.Op.BinaryKind.MAX;
import static dev.gamelan.ir.Op.BinaryKind.MIN;
import static dev.gamelan.ir.Op.BinaryKind.MUL;
import static dev.gamelan.ir.Op.BinaryKind.POW;
import static dev.gamelan.ir.Op.BinaryKind.REM;
import static dev.gamelan.ir.Op.BinaryKind.SUB;

import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Op.CompareKind;
import dev.gamelan.ir.Op.UnaryKind;
import dev.gamelan.ir.Ops;

/** Element-wise functions that are made of primitive ones. */
final class Pointwise {

    private static final double SELU_SCALE = 1.0507009873554805;
    private static final double SELU_ALPHA = 1.6732632423543772;

    private Pointwise() {}

    /** Written with one comparison instead of |x|, so that the gradient at 0 is 1/2 as it must be. */
    static Node softplus(Node x) {
        Checks.floating("softplus", x);
        Node positive = positive(x);
        Node zero = Ops.fillLike(x, 0);
        Node minusAbs = Ops.select(positive, Ops.neg(x), x);
        return Ops.add(Ops.select(positive, x, zero), Ops.unary(UnaryKind.LOG1P, Ops.unary(UnaryKind.EXP, minusAbs)));
    }

    static Node logSigmoid(Node x) {
        return Ops.neg(softplus(Ops.neg(x)));
    }

    static Node logit(Node x) {
        Checks.floating("logit", x);
        return Ops.sub(Ops.unary(UnaryKind.LOG, x), Ops.unary(UnaryKind.LOG1P, Ops.neg(x)));
    }

    static Node gelu(Node x) {
        Checks.floating("gelu", x);
        Node erf = Ops.unary(UnaryKind.ERF, Ops.mul(x, Math.sqrt(0.5)));
        return Ops.mul(Ops.mul(x, 0.5), Ops.binary(ADD, erf, 1));
    }

    static Node geluTanh(Node x) {
        Checks.floating("geluTanh", x);
        Node cubic = Ops.add(x, Ops.mul(Ops.mul(square(x), x), 0.044715));
        Node tanh = Ops.unary(UnaryKind.TANH, Ops.mul(cubic, Math.sqrt(2 / Math.PI)));
        return Ops.mul(Ops.mul(x, 0.5), Ops.binary(ADD, tanh, 1));
    }

    static Node silu(Node x) {
        return Ops.mul(x, Ops.unary(UnaryKind.SIGMOID, x));
    }

    static Node mish(Node x) {
        return Ops.mul(x, Ops.unary(UnaryKind.TANH, softplus(x)));
    }

    static Node leakyRelu(Node x, double slope) {
        return Ops.select(positive(x), x, Ops.binary(MUL, x, Checks.fillLike(x, slope)));
    }

    static Node elu(Node x, double alpha) {
        Checks.floating("elu", x);
        Node negative = Ops.select(positive(x), Checks.fillLike(x, 0), x);
        Node below = Ops.mul(Ops.unary(UnaryKind.EXPM1, negative), alpha);
        return Ops.select(positive(x), x, below);
    }

    static Node selu(Node x) {
        return Ops.mul(elu(x, SELU_ALPHA), SELU_SCALE);
    }

    static Node hardSigmoid(Node x) {
        Checks.floating("hardSigmoid", x);
        Node line = Ops.binary(ADD, Ops.mul(x, 1.0 / 6), 0.5);
        return Ops.binary(MIN, Ops.binary(MAX, line, 0), 1);
    }

    static Node hardSwish(Node x) {
        return Ops.mul(x, hardSigmoid(x));
    }

    static Node softsign(Node x) {
        Checks.floating("softsign", x);
        return Ops.div(x, Ops.binary(ADD, Ops.unary(UnaryKind.ABS, x), 1));
    }

    static Node square(Node x) {
        return Ops.mul(x, x);
    }

    static Node reciprocal(Node x) {
        Checks.floating("reciprocal", x);
        return Ops.div(Ops.fillLike(x, 1), x);
    }

    static Node log2(Node x) {
        return Ops.mul(Ops.unary(UnaryKind.LOG, x), 1 / Math.log(2));
    }

    static Node log10(Node x) {
        return Ops.mul(Ops.unary(UnaryKind.LOG, x), 1 / Math.log(10));
    }

    static Node isNaN(Node x) {
        return Ops.compare(CompareKind.NE, x, x);
    }

    static Node isInfinite(Node x) {
        Checks.floating("isInfinite", x);
        return Ops.compare(CompareKind.EQ, Ops.unary(UnaryKind.ABS, x), Double.POSITIVE_INFINITY);
    }

    static Node isFinite(Node x) {
        Checks.floating("isFinite", x);
        return Ops.compare(CompareKind.LT, Ops.unary(UnaryKind.ABS, x), Double.POSITIVE_INFINITY);
    }

    static Node pow(Node x, double exponent) {
        if (exponent == Math.rint(exponent) && Math.abs(exponent) <= 4) {
            Node power = wholePower(x, (int) Math.abs(exponent));
            return exponent < 0 ? reciprocal(power) : power;
        }
        Checks.floating("pow", x);
        if (exponent == -0.5 || exponent == -1.5 || exponent == -2.5) {
            Node root = Ops.unary(UnaryKind.RSQRT, x);
            return exponent == -0.5 ? root : Ops.mul(root, wholePower(root, exponent == -1.5 ? 2 : 4));
        }
        return exponent == 0.5 ? Ops.unary(UnaryKind.SQRT, x) : Ops.binary(POW, x, exponent);
    }

    private static Node wholePower(Node x, int exponent) {
        Checks.numeric("pow", x);
        return switch (exponent) {
            case 0 -> Ops.fillLike(x, 1);
            case 1 -> x;
            case 2 -> square(x);
            case 3 -> Ops.mul(square(x), x);
            default -> square(square(x));
        };
    }

    static Node floorDiv(Node a, Node b) {
        if (a.dtype().isFloating()) {
            return Ops.unary(UnaryKind.FLOOR, Ops.div(a, b));
        }
        Node quotient = Ops.div(a, b);
        Node inexact = otherSign(Ops.binary(REM, a, b), b);
        return Ops.binary(SUB, quotient, Ops.cast(inexact, a.dtype()));
    }

    static Node mod(Node a, Node b) {
        Node remainder = Ops.binary(REM, a, b);
        return Ops.select(otherSign(remainder, b), Ops.add(remainder, b), remainder);
    }

    /** Where the remainder is not zero and has not the sign of the divisor. */
    private static Node otherSign(Node remainder, Node divisor) {
        Node nonZero = Ops.compare(CompareKind.NE, remainder, 0);
        Node differ = Ops.compare(CompareKind.NE, Ops.compare(CompareKind.LT, remainder, 0),
                Ops.compare(CompareKind.LT, divisor, 0));
        return Ops.binary(Op.BinaryKind.AND, nonZero, differ);
    }

    private static Node positive(Node x) {
        return Ops.compare(CompareKind.GT, x, 0);
    }

    /** The root, with gradient 0 instead of NaN where x is 0. */
    static Node safeSqrt(Node x) {
        Node zero = Ops.compare(CompareKind.EQ, x, 0);
        Node one = Ops.fillLike(x, 1);
        return Ops.select(zero, x, Ops.unary(UnaryKind.SQRT, Ops.select(zero, one, x)));
    }

    static Node quotient(Node x, double divisor) {
        return Ops.binary(DIV, x, divisor);
    }
}
