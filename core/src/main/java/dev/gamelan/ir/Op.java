package dev.gamelan.ir;

import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * The primitive operations. {@link Rules} has their rules of shape and type, the reference interpreter their meaning.
 *
 * <p>There is no implicit broadcasting here: element-wise operands have equal shapes and types, and {@link Ops} inserts
 * {@link Broadcast} where a person would not write it. Axes count from 0. Everything that has parameters compares by
 * them, so equal operations on equal operands are equal programs.
 */
public sealed interface Op {

    // ---- leaves: no operands -------------------------------------------------------------------------------------

    /** A value that is given when the program runs. The name is for people. */
    record Input(Type type, String name) implements Op {}

    /** Known values. */
    record Constant(Data data) implements Op {}

    /** One number everywhere: a Double for floating and storage types, a Long for the others (0 or 1 for BOOL). */
    record Fill(Type type, Number value) implements Op {
        public Fill {
            boolean fraction = type.dtype().isFloating() || type.dtype().isStorageOnly();
            if (fraction != value instanceof Double || !fraction != value instanceof Long) {
                throw new IllegalArgumentException("a " + type.dtype() + " is not filled with a " + value.getClass());
            }
        }
    }

    /** Each element is its own index along the axis. */
    record Iota(Type type, int axis) implements Op {}

    // ---- element-wise --------------------------------------------------------------------------------------------

    record Unary(UnaryKind kind) implements Op {}

    /** RELU is 0 for negative numbers and keeps NaN; ROUND goes to the nearest even number; NOT is bit-wise on integers. */
    enum UnaryKind {
        NEG, ABS, SIGN, SQRT, RSQRT, EXP, EXPM1, LOG, LOG1P, SIN, COS, TAN, ASIN, ACOS, ATAN, SINH, COSH, ASINH, ACOSH, ATANH,
        TANH, SIGMOID, ERF, RELU, FLOOR, CEIL, ROUND, TRUNC, NOT
    }

    record Binary(BinaryKind kind) implements Op {}

    /**
     * MAX and MIN keep NaN. Integers wrap around; DIV cuts towards zero and fails on a zero divisor; REM has the sign of
     * the dividend, as in Java. AND, OR and XOR are logical on BOOL and bit-wise on integers; shifts are by the lower bits
     * of the right operand, SHR keeps the sign, USHR does not. POW is that of IEEE 754 and C, where powers of 1 are 1, even that to NaN.
     */
    enum BinaryKind {
        ADD, SUB, MUL, DIV, REM, POW, MAX, MIN, ATAN2, AND, OR, XOR, SHL, SHR, USHR
    }

    /** Compares numbers (and BOOL for equality); the result is BOOL. */
    record Compare(CompareKind kind) implements Op {}

    enum CompareKind {
        EQ, NE, LT, LE, GT, GE
    }

    /** (condition BOOL, a, b): a where the condition holds, else b. */
    record Select() implements Op {}

    /** To another type, as {@link Scalars} says; to BOOL: not zero. */
    record Cast(DType dtype) implements Op {}

    // ---- layout --------------------------------------------------------------------------------------------------

    /** Stretches extents of 1 and adds axes in front. */
    record Broadcast(Shape shape) implements Op {}

    /** The same elements in row-major order. */
    record Reshape(Shape shape) implements Op {}

    /** {@code result.dim(i) == operand.dim(order[i])}. */
    record Permute(List<Integer> order) implements Op {
        public Permute {
            order = List.copyOf(order);
        }
    }

    /** From {@code start} up to but without {@code limit} in steps of at least 1, per axis. */
    record Slice(List<Integer> start, List<Integer> limit, List<Integer> step) implements Op {
        public Slice {
            start = List.copyOf(start);
            limit = List.copyOf(limit);
            step = List.copyOf(step);
        }
    }

    /** Reverses the order along some axes. */
    record Flip(List<Integer> axes) implements Op {
        public Flip {
            axes = List.copyOf(axes);
        }
    }

    /** (x, value of rank 0): adds elements before, after, and {@code inner} between neighbours; all counts are at least 0. */
    record Pad(List<Integer> low, List<Integer> high, List<Integer> inner) implements Op {
        public Pad {
            low = List.copyOf(low);
            high = List.copyOf(high);
            inner = List.copyOf(inner);
        }
    }

    /** One or more operands, joined along an axis. */
    record Concat(int axis) implements Op {}

    // ---- indexing ------------------------------------------------------------------------------------------------

    /**
     * (x, indices): {@code x.shape[:axis] + indices.shape + x.shape[axis+1:]}, as NumPy's take. An index outside of
     * [0, extent) is an error when it runs.
     */
    record Gather(int axis) implements Op {}

    /** (base, indices, updates): base with updates added where {@link Gather} would have read; equal indices accumulate in order. */
    record ScatterAdd(int axis) implements Op {}

    /** The permutation that sorts along an axis, stable, as INT32; NaN counts as larger than everything. */
    record ArgSort(int axis, boolean descending) implements Op {}

    // ---- reductions ----------------------------------------------------------------------------------------------

    /** Over some axes, which disappear. MAX and MIN of nothing are -inf and inf (the type's bounds for integers), and keep NaN; on BOOL they are any and all. */
    record Reduce(ReduceKind kind, List<Integer> axes) implements Op {
        public Reduce {
            axes = List.copyOf(axes);
        }
    }

    enum ReduceKind {
        SUM, PROD, MAX, MIN
    }

    /** The INT32 index of the first largest or smallest element along an axis, which disappears; NaN counts as the extreme. */
    record ArgReduce(ArgKind kind, int axis) implements Op {}

    enum ArgKind {
        MAX, MIN
    }

    /** Running sums along an axis, from its end if reversed. */
    record CumSum(int axis, boolean reverse) implements Op {}

    // ---- contractions --------------------------------------------------------------------------------------------

    /** (batch..., m, k) x (batch..., k, n) -> (batch..., m, n), equal batch extents. */
    record MatMul() implements Op {}

    /** (x: (B, spatial..., in), w: (spatial..., in / groups, out)) -> (B, spatial..., out): a cross-correlation. */
    record Conv(Window window, int groups) implements Op {}

    /** (gy, w) -> gradient of the input, whose spatial extents are given; also the transposed convolution. */
    record ConvInputGradient(Window window, int groups, Shape spatial) implements Op {}

    /** (x, gy) -> gradient of the kernel, whose spatial extents are given. */
    record ConvKernelGradient(Window window, int groups, Shape spatial) implements Op {}

    /** The largest element of each window of extents {@code size}, per channel; padding never wins. */
    record MaxPool(Shape size, Window window) implements Op {}

    /** (x, gy): each gy goes to the first largest x of its window (NaN counts as largest); the rest is 0. */
    record MaxPoolGradient(Shape size, Window window) implements Op {}

    /** (x, t): t at the first largest x of each window: the transpose of {@link MaxPoolGradient}. */
    record MaxPoolPick(Shape size, Window window) implements Op {}

    /** The sum of each window, per channel. */
    record SumPool(Shape size, Window window) implements Op {}

    /** gy -> gradient of the operand of {@link SumPool}, whose spatial extents are given. */
    record SumPoolGradient(Shape size, Window window, Shape spatial) implements Op {}

    // ---- random numbers ------------------------------------------------------------------------------------------

    /**
     * (key: INT32(2)) -> 32 uniformly random bits per element, as INT32: element i is the first word of Threefry-2x32 with 20 rounds (Salmon
     * et al., 2011) of the counter (i, 0).
     */
    record RandomBits(Shape shape) implements Op {}

    // ---- programs in programs --------------------------------------------------------------------------------------

    /** The operations that hold programs. They alone have several results (or none), each of which is read through {@link Get}. */
    sealed interface Program extends Op permits Scan, If, Call {}

    /**
     * A loop over time. Operands: {@code carries} initial values, then {@code sequences} tensors of {@code length} slices
     * along axis 0, then any values the body captures. The body takes carries, one slice of each sequence, and the captured
     * values; it returns the next carries, then outputs. Results: the last carries, then each output stacked along axis 0.
     */
    record Scan(Graph body, int carries, int sequences, int length, boolean reverse) implements Program {}

    /** (predicate BOOL of rank 0, arguments...): one of two programs with equal types. */
    record If(Graph then, Graph otherwise) implements Program {}

    /** A program in one piece, with a rule for its gradient; inlined before anything else happens. */
    record Call(Graph body, CallRule rule) implements Program {}

    /** What differentiation does with a {@link Call}. */
    sealed interface CallRule {

        /** Its inner values are computed again for the gradient instead of being kept. */
        record Rematerialize() implements CallRule {}

        /** The user's own: from operands, results and the results' gradients, in this order, to the operands' gradients. */
        record Custom(UnaryOperator<List<Node>> gradient) implements CallRule {}
    }

    /** One of several results. */
    record Get(int index) implements Op {}

    // ---- identities ----------------------------------------------------------------------------------------------

    /** Passes its operand; no gradient passes back. */
    record StopGradient() implements Op {}

    /** (x, others...): passes x, but not before the others are known, and is not looked through. */
    record Barrier() implements Op {}
}
