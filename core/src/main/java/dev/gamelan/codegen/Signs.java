package dev.gamelan.codegen;

import dev.gamelan.ir.Op;
import dev.gamelan.kernel.LoopKernel;
import dev.gamelan.kernel.LoopKernel.Expr;
import java.util.List;

/** What is certain about the values of a kernel, their signs above all; NaN may be among them all the same. */
final class Signs {

    private final LoopKernel kernel;

    Signs(LoopKernel kernel) {
        this.kernel = kernel;
    }

    /** Whether a value is an exponential whose exponent cannot be above 0, as in softmax: see {@link VectorMath#expOfSmall}. */
    boolean isExpOfSmall(int place) {
        return expr(place) instanceof Expr.Apply(Op op, List<Integer> arguments)
                && op instanceof Op.Unary(Op.UnaryKind kind) && kind == Op.UnaryKind.EXP && isAtMostZero(arguments.getFirst());
    }

    /**
     * Which argument of a value is a number that it is cut off at, the larger or smaller of the two: see {@link LoopMath#cutOff}; -1 where there is
     * none.
     */
    int boundOf(int place) {
        if (!(expr(place) instanceof Expr.Apply(Op op, List<Integer> in)) || !(op instanceof Op.Binary(Op.BinaryKind kind))
                || kind != Op.BinaryKind.MAX && kind != Op.BinaryKind.MIN) {
            return -1;
        }
        return isComparable(in.get(1)) ? 1 : isComparable(in.get(0)) ? 0 : -1;
    }

    private boolean isComparable(int place) {
        return expr(place) instanceof Expr.Number number && number.comparable();
    }

    private Expr expr(int place) {
        return kernel.values().get(place).expr();
    }

    private boolean isAtMostZero(int place) {
        if (!(expr(place) instanceof Expr.Apply(Op op, List<Integer> in))) {
            return false;
        }
        return switch (op) {
            case Op.Unary(Op.UnaryKind kind) when kind == Op.UnaryKind.NEG -> isAtLeastZero(in.getFirst());
            case Op.Binary(Op.BinaryKind kind) -> switch (kind) {
                case SUB -> isMaximum(in.get(1), in.get(0));
                case MIN -> isAtMostZero(in.get(0)) || isAtMostZero(in.get(1));
                case MUL -> isAtMostZero(in.get(0)) && isAtLeastZero(in.get(1)) || isAtLeastZero(in.get(0)) && isAtMostZero(in.get(1));
                case ADD, DIV, MAX, POW, ATAN2, REM, AND, OR, XOR, SHL, SHR, USHR -> false;
            };
            default -> false;
        };
    }

    /** Whether one value is the largest of a row in which the other is. */
    private boolean isMaximum(int place, int among) {
        return switch (expr(place)) {
            case Expr.Reduction(Op.ReduceKind kind, int argument) -> kind == Op.ReduceKind.MAX && argument == among;
            case Expr.Apply(Op op, List<Integer> in) -> isCopy(op) && isMaximum(in.getFirst(), among);
            case Expr.Load _, Expr.Number _ -> false;
        };
    }

    private static boolean isCopy(Op op) {
        return op instanceof Op.Barrier || op instanceof Op.StopGradient;
    }

    private boolean isAtLeastZero(int place) {
        if (!(expr(place) instanceof Expr.Apply(Op op, List<Integer> in))) {
            return false;
        }
        return switch (op) {
            case Op.Unary(Op.UnaryKind kind) -> kind == Op.UnaryKind.ABS || kind == Op.UnaryKind.EXP || kind == Op.UnaryKind.SQRT
                    || kind == Op.UnaryKind.RELU || kind == Op.UnaryKind.SIGMOID;
            case Op.Binary(Op.BinaryKind kind) -> kind == Op.BinaryKind.MUL && in.get(0).equals(in.get(1));
            default -> false;
        };
    }
}
