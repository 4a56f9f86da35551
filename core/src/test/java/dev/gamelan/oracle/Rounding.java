package dev.gamelan.oracle;

import dev.gamelan.ir.Data;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.shape.DType;
import java.util.List;
import java.util.stream.IntStream;

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
                    Op.MaxPoolPick _, Op.RandomBits _, Op.Get _, Op.StopGradient _, Op.Barrier _ ->
                    true;
            case Op.Unary o -> !fraction || isExact(o.kind());
            case Op.Binary o -> !fraction || o.kind() == Op.BinaryKind.MAX || o.kind() == Op.BinaryKind.MIN;
            case Op.Reduce o -> !fraction || o.kind() == Op.ReduceKind.MAX || o.kind() == Op.ReduceKind.MIN;
            case Op.ScatterAdd _, Op.CumSum _, Op.MatMul _, Op.Conv _, Op.ConvInputGradient _, Op.ConvKernelGradient _, Op.MaxPoolGradient _,
                    Op.SumPool _, Op.SumPoolGradient _, Op.Scan _, Op.If _, Op.Call _ ->
                    !fraction;
        };
    }

    private static boolean isExact(Op.UnaryKind kind) {
        return switch (kind) {
            case NEG, ABS, SIGN, RELU, FLOOR, CEIL, ROUND, TRUNC, NOT -> true;
            case SQRT, RSQRT, EXP, EXPM1, LOG, LOG1P, SIN, COS, TAN, ASIN, ACOS, ATAN, SINH, COSH, ASINH, ACOSH, ATANH, TANH, SIGMOID,
                    ERF -> false;
        };
    }

    /** Whether an error is as large as the largest result allows, not as the element itself. */
    static boolean isAccumulation(Op op) {
        return !(op instanceof Op.Binary || op instanceof Op.Cast);
    }

    /**
     * Whether the result is left open: padding times NaN may or may not be NaN, and a product that overflows on the way
     * to 0 depends on its order.
     */
    static boolean isOpen(Op op, List<Data> operands) {
        return switch (op) {
            case Op.Conv _, Op.ConvInputGradient _, Op.ConvKernelGradient _, Op.SumPool _, Op.SumPoolGradient _ ->
                    operands.stream().anyMatch(Rounding::hasNonFinite);
            case Op.Reduce(Op.ReduceKind kind, _) -> kind == Op.ReduceKind.PROD && mayOverflow(operands.getFirst());
            default -> false;
        };
    }

    private static boolean hasNonFinite(Data x) {
        return IntStream.range(0, x.length()).anyMatch(i -> !Double.isFinite(x.getDouble(i)));
    }

    /** Whether the factors above 1, or those below 1, multiply to more than a FLOAT32 can hold. */
    private static boolean mayOverflow(Data x) {
        double up = 0;
        double down = 0;
        for (int i = 0; i < x.length(); i++) {
            double magnitude = Math.log(Math.abs(x.getDouble(i)));
            up += magnitude > 0 ? magnitude : 0;
            down -= magnitude < 0 && magnitude > -100 ? magnitude : 0;
        }
        return x.dtype().isFloating() && !(up < 80 && down < 80);
    }
}
