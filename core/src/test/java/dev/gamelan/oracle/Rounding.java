package dev.gamelan.oracle;

import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.shape.DType;

/** Which operations round, and how much. */
final class Rounding {

    private Rounding() {}

    /** What a kernel may lose in one operation, with room to spare. */
    static double unit(DType dtype) {
        return switch (dtype) {
            case FLOAT32 -> 1e-5;
            case FLOAT64 -> 1e-12;
            case FLOAT16 -> 1.0 / 1024;
            case BFLOAT16 -> 1.0 / 128;
            case INT8, UINT8, INT32, INT64, BOOL -> 0;
        };
    }

    /** The noise on the result of an operation, relative to it: none where it only passes on what it got. */
    static double noise(Node node, DType dtype, boolean exactOperands) {
        if (node.op() instanceof Op.Cast) {
            return exactOperands ? 0 : unit(dtype);
        }
        if (node.op() instanceof Op.Unary(Op.UnaryKind kind) && isSnapping(kind)) {
            return 0;
        }
        return isExact(node) ? 0 : unit(dtype);
    }

    private static boolean isSnapping(Op.UnaryKind kind) {
        return kind == Op.UnaryKind.FLOOR || kind == Op.UnaryKind.CEIL || kind == Op.UnaryKind.ROUND || kind == Op.UnaryKind.TRUNC
                || kind == Op.UnaryKind.SIGN;
    }

    /** Whether every correct backend computes the same numbers from the same numbers. */
    static boolean isExact(Node node) {
        boolean fraction = node.types().stream().anyMatch(type -> type.dtype().isFloating());
        return switch (node.op()) {
            case Op.Input _, Op.Constant _, Op.Fill _, Op.Iota _, Op.Compare _, Op.Select _, Op.Cast _, Op.Broadcast _, Op.Reshape _,
                    Op.Permute _, Op.Slice _, Op.Flip _, Op.Pad _, Op.Concat _, Op.Gather _, Op.ArgSort _, Op.ArgReduce _, Op.MaxPool _,
                    Op.MaxPoolPick _, Op.RandomBits _, Op.Get _, Op.StopGradient _, Op.Barrier _ -> true;
            case Op.Unary o -> !fraction || isExact(o.kind());
            case Op.Binary o -> !fraction || o.kind() == Op.BinaryKind.MAX || o.kind() == Op.BinaryKind.MIN;
            case Op.Reduce o -> !fraction || o.kind() == Op.ReduceKind.MAX || o.kind() == Op.ReduceKind.MIN;
            case Op.ScatterAdd _, Op.CumSum _, Op.MatMul _, Op.Conv _, Op.ConvInputGradient _, Op.ConvKernelGradient _, Op.MaxPoolGradient _,
                    Op.SumPool _, Op.SumPoolGradient _, Op.Scan _, Op.If _, Op.Call _ -> !fraction;
        };
    }

    private static boolean isExact(Op.UnaryKind kind) {
        return switch (kind) {
            case NEG, ABS, SIGN, RELU, FLOOR, CEIL, ROUND, TRUNC, NOT -> true;
            case SQRT, RSQRT, EXP, EXPM1, LOG, LOG1P, SIN, COS, TAN, ASIN, ACOS, ATAN, SINH, COSH, ASINH, ACOSH, ATANH, TANH, SIGMOID, ERF -> false;
        };
    }

    /** Whether an error is as large as the largest result allows, not as the element itself. */
    static boolean isAccumulation(Op op) {
        return !(op instanceof Op.Binary || op instanceof Op.Cast);
    }
}
