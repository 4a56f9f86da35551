package dev.gamelan.tensor;

import dev.gamelan.ir.Data;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Ops;
import dev.gamelan.ir.Origin;
import dev.gamelan.ir.Type;
import dev.gamelan.runtime.Backend;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import java.util.List;

/**
 * An n-dimensional array of numbers: immutable, and lazy. A method that gives a tensor computes nothing yet; it checks
 * shapes and types and notes what is to be done. Values are computed when they are asked for, by {@link #item},
 * {@link #toFloatArray}, {@link #eval}, {@link #toString} and their like.
 *
 * <p>Shapes broadcast as in NumPy. Two tensors in one operation must have the same element type; numbers of Java are
 * weak and take the tensor's. Axes count from 0, and negative ones from the end. Inside of a function that is being
 * compiled or differentiated, tensors have no values yet: asking for them throws a
 * {@link dev.gamelan.shape.TraceException}.
 *
 * <p>{@code equals} is identity; {@link #eq} compares elements. Operations throw a
 * {@link dev.gamelan.shape.ShapeException} or a {@link dev.gamelan.shape.DTypeException} where operands do not fit.
 */
@CheckReturnValue
public final class Tensor implements Tree {

    /** In {@link #slice(int, int, int)}: all the way to the end. */
    public static final int END = Integer.MAX_VALUE;

    static {
        Backend.preload();
    }

    private final Node node;

    private Tensor(Node node) {
        this.node = node;
        Evaluator.noticeGrowth(node);
    }

    // ---- creation ------------------------------------------------------------------------------------------------

    /** A tensor of a node of the graph: for those who write operations of their own. */
    public static Tensor of(Node node) {
        return new Tensor(node);
    }

    /** A tensor of values that are there already; nothing is copied. */
    public static Tensor of(Data data) {
        return new Tensor(Node.of(data));
    }

    /** FLOAT32 of rank 1, whatever the numbers look like. */
    public static Tensor of(double... values) {
        return Creation.float32(values);
    }

    /** FLOAT32 of these extents, or of rank 1 if none are given; the array is copied. */
    public static Tensor of(float[] values, int... dims) {
        return Creation.of(DType.FLOAT32, values.clone(), values.length, dims);
    }

    /** FLOAT32 of rank 2, copied from rows of equal length. */
    public static Tensor of(float[][] rows) {
        return Creation.rows(DType.FLOAT32, rows);
    }

    /** INT32 of rank 1. */
    public static Tensor ofInts(int... values) {
        return Creation.of(DType.INT32, values.clone(), values.length);
    }

    /** INT32 of rank 2, copied from rows of equal length. */
    public static Tensor ofInts(int[][] rows) {
        return Creation.rows(DType.INT32, rows);
    }

    /** INT64 of rank 1. */
    public static Tensor ofLongs(long... values) {
        return Creation.of(DType.INT64, values.clone(), values.length);
    }

    /** FLOAT64 of rank 1. */
    public static Tensor ofDoubles(double... values) {
        return Creation.of(DType.FLOAT64, values.clone(), values.length);
    }

    /** FLOAT64 of rank 2, copied from rows of equal length. */
    public static Tensor ofDoubles(double[][] rows) {
        return Creation.rows(DType.FLOAT64, rows);
    }

    /** BOOL of rank 1. */
    public static Tensor ofBooleans(boolean... values) {
        return Creation.of(DType.BOOL, values.clone(), values.length);
    }

    /** One number of FLOAT32, rank 0. */
    public static Tensor scalar(double value) {
        return scalar(DType.FLOAT32, value);
    }

    /** One number, rank 0. */
    public static Tensor scalar(DType dtype, double value) {
        return full(dtype, Shape.SCALAR, value);
    }

    /** FLOAT32 zeros. */
    public static Tensor zeros(int... dims) {
        return zeros(Shape.of(dims));
    }

    /** FLOAT32 zeros. */
    public static Tensor zeros(Shape shape) {
        return full(shape, 0);
    }

    /** Zeros, or false. */
    public static Tensor zeros(DType dtype, Shape shape) {
        return full(dtype, shape, 0);
    }

    /** FLOAT32 ones. */
    public static Tensor ones(int... dims) {
        return ones(Shape.of(dims));
    }

    /** FLOAT32 ones. */
    public static Tensor ones(Shape shape) {
        return full(shape, 1);
    }

    /** Ones, or true. */
    public static Tensor ones(DType dtype, Shape shape) {
        return full(dtype, shape, 1);
    }

    /** A FLOAT32 number everywhere. */
    public static Tensor full(Shape shape, double value) {
        return full(DType.FLOAT32, shape, value);
    }

    /** A number everywhere; whole for integer types, 0 or 1 for BOOL. */
    public static Tensor full(DType dtype, Shape shape, double value) {
        return of(Checks.fill(new Type(dtype, shape), value));
    }

    /** The INT32 numbers from 0 up to but without {@code limit}. */
    public static Tensor arange(int limit) {
        return arange(0, limit, 1);
    }

    /** The INT32 numbers from {@code from} up to but without {@code limit}. */
    public static Tensor arange(int from, int limit) {
        return arange(from, limit, 1);
    }

    /** The INT32 numbers from {@code from} towards but without {@code limit}; steps may be negative, but not 0. */
    public static Tensor arange(int from, int limit, int step) {
        return of(Creation.arange(from, limit, step));
    }

    /** FLOAT32 numbers at equal distances, both ends included. */
    public static Tensor linspace(double from, double to, int count) {
        return Creation.linspace(from, to, count);
    }

    /** The identity matrix: FLOAT32 (n, n). */
    public static Tensor eye(int n) {
        return eye(n, n);
    }

    /** Ones on the diagonal of a FLOAT32 matrix. */
    public static Tensor eye(int rows, int columns) {
        return of(Creation.eye(rows, columns));
    }

    /** FLOAT32 (n, n) with ones on and below the diagonal. */
    public static Tensor tri(int n) {
        return ones(n, n).tril(0);
    }

    /** Zeros of this shape and type. */
    public Tensor zerosLike() {
        return fullLike(0);
    }

    /** Ones of this shape and type. */
    public Tensor onesLike() {
        return fullLike(1);
    }

    /** A number everywhere, of this shape and type. */
    public Tensor fullLike(double value) {
        return full(dtype(), shape(), value);
    }

    // ---- what is known without computing -------------------------------------------------------------------------

    public Shape shape() {
        return node.shape();
    }

    public DType dtype() {
        return node.dtype();
    }

    /** The extent of an axis; -1 is the last. */
    public int dim(int axis) {
        return shape().dim(axis);
    }

    public int rank() {
        return shape().rank();
    }

    /** The number of elements. */
    public long size() {
        return shape().size();
    }

    /** The node of the graph behind this tensor: for those who write operations of their own. */
    public Node node() {
        return node;
    }

    // ---- values: these compute -----------------------------------------------------------------------------------

    /** The only element, as a double. */
    public double item() {
        return Values.single(this).getDouble(0);
    }

    /** The only element of an integer tensor. */
    public int itemInt() {
        return Math.toIntExact(itemLong());
    }

    /** The only element of an integer tensor. */
    public long itemLong() {
        return Values.longs(Values.single(this))[0];
    }

    /** The only element of a BOOL tensor. */
    public boolean itemBoolean() {
        Checks.bool("itemBoolean", node);
        return Values.single(this).getLong(0) != 0;
    }

    /** All elements in row-major order, from FLOAT32, FLOAT16 or BFLOAT16; a copy. */
    public float[] toFloatArray() {
        return Values.floats(data());
    }

    /** All elements in row-major order, of any type, BOOL as 0 and 1; a copy. */
    public double[] toDoubleArray() {
        return Values.doubles(data());
    }

    /** All elements in row-major order, of an integer type, if each fits an int; a copy. */
    public int[] toIntArray() {
        return Values.ints(data());
    }

    /** All elements in row-major order, of an integer type; a copy. */
    public long[] toLongArray() {
        return Values.longs(data());
    }

    /** All elements in row-major order, of BOOL; a copy. */
    public boolean[] toBooleanArray() {
        Checks.bool("toBooleanArray", node);
        return ((boolean[]) data().array()).clone();
    }

    /** Computes this tensor now, and gives it back. */
    @CanIgnoreReturnValue
    public Tensor eval() {
        Evaluator.evaluate(List.of(node));
        return this;
    }

    /** The computed values, not a copy: to be read only. */
    public Data data() {
        return Evaluator.data(node);
    }

    /**
     * The values as NumPy prints them, long ones summarized, with the type where it is not FLOAT32. Inside of a traced
     * function: type and shape alone.
     */
    @Override
    public String toString() {
        return Printing.print(this);
    }

    // ---- element-wise, one operand -------------------------------------------------------------------------------

    /** Minus x. */
    public Tensor neg() {
        return unary(Op.UnaryKind.NEG);
    }

    /** The absolute value. */
    public Tensor abs() {
        return unary(Op.UnaryKind.ABS);
    }

    /** -1, 0 or 1, by sign. */
    public Tensor sign() {
        return unary(Op.UnaryKind.SIGN);
    }

    /** The square root. */
    public Tensor sqrt() {
        return unary(Op.UnaryKind.SQRT);
    }

    /** One over the square root. */
    public Tensor rsqrt() {
        return unary(Op.UnaryKind.RSQRT);
    }

    /** e to the power of x. */
    public Tensor exp() {
        return unary(Op.UnaryKind.EXP);
    }

    /** {@code exp(x) - 1}, exact near 0. */
    public Tensor expm1() {
        return unary(Op.UnaryKind.EXPM1);
    }

    /** The natural logarithm. */
    public Tensor log() {
        return unary(Op.UnaryKind.LOG);
    }

    /** {@code log(1 + x)}, exact near 0. */
    public Tensor log1p() {
        return unary(Op.UnaryKind.LOG1P);
    }

    /** The sine of x in radians. */
    public Tensor sin() {
        return unary(Op.UnaryKind.SIN);
    }

    /** The cosine of x in radians. */
    public Tensor cos() {
        return unary(Op.UnaryKind.COS);
    }

    /** The tangent of x in radians. */
    public Tensor tan() {
        return unary(Op.UnaryKind.TAN);
    }

    /** The arc sine in radians. */
    public Tensor asin() {
        return unary(Op.UnaryKind.ASIN);
    }

    /** The arc cosine in radians. */
    public Tensor acos() {
        return unary(Op.UnaryKind.ACOS);
    }

    /** The arc tangent in radians. */
    public Tensor atan() {
        return unary(Op.UnaryKind.ATAN);
    }

    /** The hyperbolic sine. */
    public Tensor sinh() {
        return unary(Op.UnaryKind.SINH);
    }

    /** The hyperbolic cosine. */
    public Tensor cosh() {
        return unary(Op.UnaryKind.COSH);
    }

    /** The inverse hyperbolic sine. */
    public Tensor asinh() {
        return unary(Op.UnaryKind.ASINH);
    }

    /** The inverse hyperbolic cosine. */
    public Tensor acosh() {
        return unary(Op.UnaryKind.ACOSH);
    }

    /** The inverse hyperbolic tangent. */
    public Tensor atanh() {
        return unary(Op.UnaryKind.ATANH);
    }

    /** The hyperbolic tangent. */
    public Tensor tanh() {
        return unary(Op.UnaryKind.TANH);
    }

    /** {@code 1 / (1 + exp(-x))}. */
    public Tensor sigmoid() {
        return unary(Op.UnaryKind.SIGMOID);
    }

    /** The error function. */
    public Tensor erf() {
        return unary(Op.UnaryKind.ERF);
    }

    /** {@code max(x, 0)}; NaN stays. */
    public Tensor relu() {
        return unary(Op.UnaryKind.RELU);
    }

    /** The next whole number below. */
    public Tensor floor() {
        return unary(Op.UnaryKind.FLOOR);
    }

    /** The next whole number above. */
    public Tensor ceil() {
        return unary(Op.UnaryKind.CEIL);
    }

    /** The nearest whole number; halves go to the even one. */
    public Tensor round() {
        return unary(Op.UnaryKind.ROUND);
    }

    /** The whole number towards zero. */
    public Tensor trunc() {
        return unary(Op.UnaryKind.TRUNC);
    }

    /** Logical not for BOOL, bit-wise for integers. */
    public Tensor not() {
        return unary(Op.UnaryKind.NOT);
    }

    /** {@code log(1 + exp(x))}, safe for large and exact for small x. */
    public Tensor softplus() {
        return of(Pointwise.softplus(node));
    }

    /** {@code log(sigmoid(x))}, safe for large negative x. */
    public Tensor logSigmoid() {
        return of(Pointwise.logSigmoid(node));
    }

    /** {@code x * Phi(x)} with the exact normal distribution function (Hendrycks and Gimpel, 2016). */
    public Tensor gelu() {
        return of(Pointwise.gelu(node));
    }

    /** {@code log(x / (1 - x))}, the inverse of {@link #sigmoid}: any shape; NaN outside 0 to 1. */
    public Tensor logit() {
        return of(Pointwise.logit(node));
    }

    /** The approximation of {@link #gelu} by tanh, as GPT-2 has it. */
    public Tensor geluTanh() {
        return of(Pointwise.geluTanh(node));
    }

    /** {@code x * sigmoid(x)}, also named swish. */
    public Tensor silu() {
        return of(Pointwise.silu(node));
    }

    /** Scaled exponential linear unit (Klambauer et al., 2017). */
    public Tensor selu() {
        return of(Pointwise.selu(node));
    }

    /** {@code x * tanh(softplus(x))} (Misra, 2019). */
    public Tensor mish() {
        return of(Pointwise.mish(node));
    }

    /** {@code clamp(x / 6 + 1 / 2, 0, 1)}. */
    public Tensor hardSigmoid() {
        return of(Pointwise.hardSigmoid(node));
    }

    /** {@code x * hardSigmoid(x)}. */
    public Tensor hardSwish() {
        return of(Pointwise.hardSwish(node));
    }

    /** {@code x / (1 + |x|)}. */
    public Tensor softsign() {
        return of(Pointwise.softsign(node));
    }

    /** {@code x * x}. */
    public Tensor square() {
        return of(Pointwise.square(node));
    }

    /** {@code 1 / x}. */
    public Tensor reciprocal() {
        return of(Pointwise.reciprocal(node));
    }

    /** The logarithm to base 2. */
    public Tensor log2() {
        return of(Pointwise.log2(node));
    }

    /** The logarithm to base 10. */
    public Tensor log10() {
        return of(Pointwise.log10(node));
    }

    /** Where x is not a number, as BOOL. */
    public Tensor isNaN() {
        return of(Pointwise.isNaN(node));
    }

    /** Where x is infinity or minus infinity, as BOOL. */
    public Tensor isInfinite() {
        return of(Pointwise.isInfinite(node));
    }

    /** Where x is neither infinite nor NaN, as BOOL. */
    public Tensor isFinite() {
        return of(Pointwise.isFinite(node));
    }

    /** {@code x} where positive, else {@code slope * x}. */
    public Tensor leakyRelu(double slope) {
        return of(Pointwise.leakyRelu(node, slope));
    }

    /** {@code x} where positive, else {@code alpha * (exp(x) - 1)} (Clevert et al., 2016). */
    public Tensor elu(double alpha) {
        return of(Pointwise.elu(node, alpha));
    }

    /** Each element moved into [low, high]. */
    public Tensor clamp(double low, double high) {
        return maximum(low).minimum(high);
    }

    /** x to the power of a number; whole numbers up to 4 and their reciprocals become multiplications. */
    public Tensor pow(double exponent) {
        return of(Pointwise.pow(node, exponent));
    }

    /** {@code number - x}. */
    public Tensor rsub(double number) {
        return fullLike(number).sub(this);
    }

    /** {@code number / x}. */
    public Tensor rdiv(double number) {
        return fullLike(number).div(this);
    }

    /** To another type; FLOAT to integer cuts towards zero, to BOOL asks for not zero. */
    public Tensor cast(DType dtype) {
        return dtype == dtype() ? this : of(Ops.cast(node, dtype));
    }

    /** The same values, through which no gradient flows back. */
    public Tensor stopGradient() {
        return of(Node.of(new Op.StopGradient(), node));
    }

    /** The same values under a name, which stands in graphs and reports. */
    public Tensor named(String name) {
        return of(Origin.inLayer(name, () -> Layouts.again(node)));
    }

    // ---- element-wise, two operands ------------------------------------------------------------------------------

    /** x + y; shapes broadcast. */
    public Tensor add(Tensor other) {
        return binary(Op.BinaryKind.ADD, other);
    }

    /** As {@link #add(Tensor)} with a number that takes the type of this tensor. */
    public Tensor add(double number) {
        return binary(Op.BinaryKind.ADD, number);
    }

    /** x - y; shapes broadcast. */
    public Tensor sub(Tensor other) {
        return binary(Op.BinaryKind.SUB, other);
    }

    /** As {@link #sub(Tensor)} with a number that takes the type of this tensor. */
    public Tensor sub(double number) {
        return binary(Op.BinaryKind.SUB, number);
    }

    /** x * y; shapes broadcast. */
    public Tensor mul(Tensor other) {
        return binary(Op.BinaryKind.MUL, other);
    }

    /** As {@link #mul(Tensor)} with a number that takes the type of this tensor. */
    public Tensor mul(double number) {
        return binary(Op.BinaryKind.MUL, number);
    }

    /** x / y; integers are cut towards zero; shapes broadcast. */
    public Tensor div(Tensor other) {
        return binary(Op.BinaryKind.DIV, other);
    }

    /** As {@link #div(Tensor)} with a number that takes the type of this tensor. */
    public Tensor div(double number) {
        return binary(Op.BinaryKind.DIV, number);
    }

    /** The remainder with the sign of x, as in Java; shapes broadcast. */
    public Tensor rem(Tensor other) {
        return binary(Op.BinaryKind.REM, other);
    }

    /** As {@link #rem(Tensor)} with a number that takes the type of this tensor. */
    public Tensor rem(double number) {
        return binary(Op.BinaryKind.REM, number);
    }

    /** x to the power of y, for floating types; shapes broadcast. */
    public Tensor pow(Tensor other) {
        return binary(Op.BinaryKind.POW, other);
    }

    /** The larger of both; NaN stays; shapes broadcast. */
    public Tensor maximum(Tensor other) {
        return binary(Op.BinaryKind.MAX, other);
    }

    /** As {@link #maximum(Tensor)} with a number that takes the type of this tensor. */
    public Tensor maximum(double number) {
        return binary(Op.BinaryKind.MAX, number);
    }

    /** The smaller of both; NaN stays; shapes broadcast. */
    public Tensor minimum(Tensor other) {
        return binary(Op.BinaryKind.MIN, other);
    }

    /** As {@link #minimum(Tensor)} with a number that takes the type of this tensor. */
    public Tensor minimum(double number) {
        return binary(Op.BinaryKind.MIN, number);
    }

    /** The angle of the point (y, x), where this tensor is y, in radians; shapes broadcast. */
    public Tensor atan2(Tensor other) {
        return binary(Op.BinaryKind.ATAN2, other);
    }

    /**
     * Where both are equal, element by element, as BOOL. Not {@link Object#equals}, which asks whether both are the
     * same object; shapes broadcast.
     */
    public Tensor eq(Tensor other) {
        return of(Ops.compare(Op.CompareKind.EQ, node, other.node));
    }

    /** As {@link #eq(Tensor)} with a number that takes the type of this tensor. */
    public Tensor eq(double number) {
        return of(Ops.compare(Op.CompareKind.EQ, node, Checks.fillLike(node, number)));
    }

    /** Where both differ, as BOOL; shapes broadcast. */
    public Tensor ne(Tensor other) {
        return of(Ops.compare(Op.CompareKind.NE, node, other.node));
    }

    /** As {@link #ne(Tensor)} with a number that takes the type of this tensor. */
    public Tensor ne(double number) {
        return of(Ops.compare(Op.CompareKind.NE, node, Checks.fillLike(node, number)));
    }

    /** Where x < y, as BOOL; shapes broadcast. */
    public Tensor less(Tensor other) {
        return of(Ops.compare(Op.CompareKind.LT, node, other.node));
    }

    /** As {@link #less(Tensor)} with a number that takes the type of this tensor. */
    public Tensor less(double number) {
        return of(Ops.compare(Op.CompareKind.LT, node, Checks.fillLike(node, number)));
    }

    /** Where x <= y, as BOOL; shapes broadcast. */
    public Tensor lessEqual(Tensor other) {
        return of(Ops.compare(Op.CompareKind.LE, node, other.node));
    }

    /** As {@link #lessEqual(Tensor)} with a number that takes the type of this tensor. */
    public Tensor lessEqual(double number) {
        return of(Ops.compare(Op.CompareKind.LE, node, Checks.fillLike(node, number)));
    }

    /** Where x > y, as BOOL; shapes broadcast. */
    public Tensor greater(Tensor other) {
        return of(Ops.compare(Op.CompareKind.GT, node, other.node));
    }

    /** As {@link #greater(Tensor)} with a number that takes the type of this tensor. */
    public Tensor greater(double number) {
        return of(Ops.compare(Op.CompareKind.GT, node, Checks.fillLike(node, number)));
    }

    /** Where x >= y, as BOOL; shapes broadcast. */
    public Tensor greaterEqual(Tensor other) {
        return of(Ops.compare(Op.CompareKind.GE, node, other.node));
    }

    /** As {@link #greaterEqual(Tensor)} with a number that takes the type of this tensor. */
    public Tensor greaterEqual(double number) {
        return of(Ops.compare(Op.CompareKind.GE, node, Checks.fillLike(node, number)));
    }

    /** Logical and for BOOL, bit-wise for integers; shapes broadcast. */
    public Tensor and(Tensor other) {
        return binary(Op.BinaryKind.AND, other);
    }

    /** Logical or for BOOL, bit-wise for integers; shapes broadcast. */
    public Tensor or(Tensor other) {
        return binary(Op.BinaryKind.OR, other);
    }

    /** Exclusive or for BOOL, bit-wise for integers; shapes broadcast. */
    public Tensor xor(Tensor other) {
        return binary(Op.BinaryKind.XOR, other);
    }

    /** Integers shifted left by some bits; shapes broadcast. */
    public Tensor shiftLeft(Tensor other) {
        return binary(Op.BinaryKind.SHL, other);
    }

    /** Integers shifted left by some bits. */
    public Tensor shiftLeft(int bits) {
        return binary(Op.BinaryKind.SHL, bits);
    }

    /** Integers shifted right by some bits, keeping the sign; shapes broadcast. */
    public Tensor shiftRight(Tensor other) {
        return binary(Op.BinaryKind.SHR, other);
    }

    /** Integers shifted right by some bits, keeping the sign. */
    public Tensor shiftRight(int bits) {
        return binary(Op.BinaryKind.SHR, bits);
    }

    /** Integers shifted right by some bits, zeros coming in; shapes broadcast. */
    public Tensor shiftRightUnsigned(Tensor other) {
        return binary(Op.BinaryKind.USHR, other);
    }

    /** Integers shifted right by some bits, zeros coming in. */
    public Tensor shiftRightUnsigned(int bits) {
        return binary(Op.BinaryKind.USHR, bits);
    }

    /** The quotient rounded down, as Python's {@code //}. */
    public Tensor floorDiv(Tensor other) {
        return of(Pointwise.floorDiv(node, other.node));
    }

    /** Where both differ by no more than {@code absolute + relative * |other|}, as BOOL; NaN is close to nothing. */
    public Tensor isClose(Tensor other, double relative, double absolute) {
        return sub(other).abs().lessEqual(other.abs().mul(relative).add(absolute)).or(eq(other));
    }

    /** The remainder with the sign of the divisor, as Python's {@code %}. */
    public Tensor mod(Tensor other) {
        return of(Pointwise.mod(node, other.node));
    }

    /** As {@link #mod(Tensor)} with a number. */
    public Tensor mod(double number) {
        return mod(fullLike(number));
    }

    /** This tensor where the BOOL mask is true, else the other; all three broadcast. */
    public Tensor where(Tensor mask, Tensor other) {
        return Tensors.where(mask, this, other);
    }

    /** This tensor where the BOOL mask is true, else a number. */
    public Tensor where(Tensor mask, double other) {
        return Tensors.where(mask, this, scalar(dtype(), other));
    }

    /** {@code this + fraction * (other - this)}. */
    public Tensor lerp(Tensor other, double fraction) {
        return add(other.sub(this).mul(fraction));
    }

    // ---- reductions ----------------------------------------------------------------------------------------------

    /** The sum; integers wrap around, and BOOL is counted as INT32. */
    public Tensor sum() {
        return sum(Axes.all());
    }

    /** Sum over some axes, which disappear; see {@link #sum()}. */
    public Tensor sum(int axis, int... more) {
        return sum(Axes.some(axis, more));
    }

    /** Sum over these axes, which may be kept with extent 1; see {@link #sum()}. */
    public Tensor sum(Axes axes) {
        return of(Reductions.sum(node, axes));
    }

    /** The mean of FLOAT32 or FLOAT64; of BOOL the share of true elements, as FLOAT32. The mean of nothing is NaN. */
    public Tensor mean() {
        return mean(Axes.all());
    }

    /** Mean over some axes, which disappear; see {@link #mean()}. */
    public Tensor mean(int axis, int... more) {
        return mean(Axes.some(axis, more));
    }

    /** Mean over these axes, which may be kept with extent 1; see {@link #mean()}. */
    public Tensor mean(Axes axes) {
        return of(Reductions.mean(node, axes));
    }

    /** The largest element; NaN wins. Of nothing: -infinity, or the type's least number. */
    public Tensor max() {
        return max(Axes.all());
    }

    /** Max over some axes, which disappear; see {@link #max()}. */
    public Tensor max(int axis, int... more) {
        return max(Axes.some(axis, more));
    }

    /** Max over these axes, which may be kept with extent 1; see {@link #max()}. */
    public Tensor max(Axes axes) {
        return of(Reductions.max(node, axes));
    }

    /** The smallest element; NaN wins. Of nothing: infinity, or the type's largest number. */
    public Tensor min() {
        return min(Axes.all());
    }

    /** Min over some axes, which disappear; see {@link #min()}. */
    public Tensor min(int axis, int... more) {
        return min(Axes.some(axis, more));
    }

    /** Min over these axes, which may be kept with extent 1; see {@link #min()}. */
    public Tensor min(Axes axes) {
        return of(Reductions.min(node, axes));
    }

    /** The product; 1 for no elements. */
    public Tensor prod() {
        return prod(Axes.all());
    }

    /** Prod over some axes, which disappear; see {@link #prod()}. */
    public Tensor prod(int axis, int... more) {
        return prod(Axes.some(axis, more));
    }

    /** Prod over these axes, which may be kept with extent 1; see {@link #prod()}. */
    public Tensor prod(Axes axes) {
        return of(Reductions.prod(node, axes));
    }

    /** The mean squared distance from the mean (divided by n; see {@link #variance(Axes, int)}). */
    public Tensor variance() {
        return variance(Axes.all());
    }

    /** Variance over some axes, which disappear; see {@link #variance()}. */
    public Tensor variance(int axis, int... more) {
        return variance(Axes.some(axis, more));
    }

    /** Variance over these axes, which may be kept with extent 1; see {@link #variance()}. */
    public Tensor variance(Axes axes) {
        return of(Reductions.variance(node, axes));
    }

    /** The square root of {@link #variance()}; its gradient is 0 where it is 0. */
    public Tensor std() {
        return std(Axes.all());
    }

    /** Std over some axes, which disappear; see {@link #std()}. */
    public Tensor std(int axis, int... more) {
        return std(Axes.some(axis, more));
    }

    /** Std over these axes, which may be kept with extent 1; see {@link #std()}. */
    public Tensor std(Axes axes) {
        return of(Reductions.std(node, axes));
    }

    /** The Euclidean length: the root of the sum of squares; its gradient is 0 where it is 0. */
    public Tensor norm() {
        return norm(Axes.all());
    }

    /** Norm over some axes, which disappear; see {@link #norm()}. */
    public Tensor norm(int axis, int... more) {
        return norm(Axes.some(axis, more));
    }

    /** Norm over these axes, which may be kept with extent 1; see {@link #norm()}. */
    public Tensor norm(Axes axes) {
        return of(Reductions.norm(node, axes));
    }

    /** The logarithm of the sum of exponentials, safe from overflow. */
    public Tensor logSumExp() {
        return logSumExp(Axes.all());
    }

    /** LogSumExp over some axes, which disappear; see {@link #logSumExp()}. */
    public Tensor logSumExp(int axis, int... more) {
        return logSumExp(Axes.some(axis, more));
    }

    /** LogSumExp over these axes, which may be kept with extent 1; see {@link #logSumExp()}. */
    public Tensor logSumExp(Axes axes) {
        return of(Reductions.logSumExp(node, axes));
    }

    /** Whether one element or more is true; for BOOL. */
    public Tensor any() {
        return any(Axes.all());
    }

    /** Any over some axes, which disappear; see {@link #any()}. */
    public Tensor any(int axis, int... more) {
        return any(Axes.some(axis, more));
    }

    /** Any over these axes, which may be kept with extent 1; see {@link #any()}. */
    public Tensor any(Axes axes) {
        return of(Reductions.any(node, axes));
    }

    /** Whether every element is true; for BOOL. */
    public Tensor all() {
        return all(Axes.all());
    }

    /** All over some axes, which disappear; see {@link #all()}. */
    public Tensor all(int axis, int... more) {
        return all(Axes.some(axis, more));
    }

    /** All over these axes, which may be kept with extent 1; see {@link #all()}. */
    public Tensor all(Axes axes) {
        return of(Reductions.all(node, axes));
    }

    /** The variance divided by {@code n - correction}; 1 gives the unbiased estimate. */
    public Tensor variance(Axes axes, int correction) {
        return of(Reductions.variance(node, axes, correction));
    }

    /** The INT32 index of the first largest element along an axis, which disappears; NaN counts as largest. */
    public Tensor argmax(int axis) {
        return of(Node.of(new Op.ArgReduce(Op.ArgKind.MAX, shape().axis(axis)), node));
    }

    /** The INT32 index of the first largest of all elements in row-major order. */
    public Tensor argmax() {
        return reshape(-1).argmax(0);
    }

    /** The INT32 index of the first smallest element along an axis, which disappears; NaN counts as smallest. */
    public Tensor argmin(int axis) {
        return of(Node.of(new Op.ArgReduce(Op.ArgKind.MIN, shape().axis(axis)), node));
    }

    /** The INT32 index of the first smallest of all elements in row-major order. */
    public Tensor argmin() {
        return reshape(-1).argmin(0);
    }

    /** {@code exp(x)} divided by its sum along an axis. */
    public Tensor softmax(int axis) {
        return of(Reductions.softmax(node, axis));
    }

    /** {@code log(softmax(x))}, safe from underflow. */
    public Tensor logSoftmax(int axis) {
        return of(Reductions.logSoftmax(node, axis));
    }

    /** Running sums along an axis. */
    public Tensor cumsum(int axis) {
        return of(Node.of(new Op.CumSum(shape().axis(axis), false), node));
    }

    /** Running products along an axis. */
    public Tensor cumprod(int axis) {
        return of(Reductions.running(Op.BinaryKind.MUL, node, axis));
    }

    /** Running maxima along an axis. */
    public Tensor cummax(int axis) {
        return of(Reductions.running(Op.BinaryKind.MAX, node, axis));
    }

    /** Running minima along an axis. */
    public Tensor cummin(int axis) {
        return of(Reductions.running(Op.BinaryKind.MIN, node, axis));
    }

    /** Ascending along an axis; NaN last. */
    public Tensor sort(int axis) {
        return takeAlong(axis, argsort(axis));
    }

    /** The INT32 indices that sort along an axis, stable; NaN last. */
    public Tensor argsort(int axis) {
        return of(Node.of(new Op.ArgSort(shape().axis(axis), false), node));
    }

    /** The k largest along an axis, largest first, with their INT32 indices; NaN counts as largest. */
    public TopK topK(int k, int axis) {
        return TopK.of(this, k, axis);
    }

    /** The middle element along an axis, or halfway between the two; NaN if there is one. */
    public Tensor median(int axis) {
        return quantile(0.5, axis);
    }

    /** What a share q of the elements along an axis is below, interpolated between neighbours; NaN if there is one. */
    public Tensor quantile(double q, int axis) {
        return Reductions.quantile(this, q, axis);
    }

    /** Each element minus the one before it along an axis, which gets one shorter. */
    public Tensor diff(int axis) {
        return slice(axis, Math.min(1, dim(axis)), END).sub(slice(axis, 0, Math.max(0, dim(axis) - 1)));
    }

    // ---- layout --------------------------------------------------------------------------------------------------

    /** The same elements in row-major order; one extent may be -1 and follows from the others. */
    public Tensor reshape(int... dims) {
        return of(Layouts.reshape(node, dims));
    }

    /** The same elements in row-major order. */
    public Tensor reshape(Shape shape) {
        return of(Ops.reshape(node, shape));
    }

    /** The axes in another order: extent i of the result is extent {@code order[i]} of this. */
    public Tensor permute(int... order) {
        return of(Ops.permute(node, order));
    }

    /** The last two axes exchanged; needs rank 2 or more. */
    public Tensor transpose() {
        Checks.rank("transpose", 2, node);
        return of(Ops.transpose(node));
    }

    /** Two axes exchanged. */
    public Tensor swapAxes(int a, int b) {
        return of(Ops.swap(node, a, b));
    }

    /** One axis moved to another place. */
    public Tensor moveAxis(int from, int to) {
        return of(Layouts.moveAxis(node, from, to));
    }

    /** With a new axis of extent 1 at this place of the result; -1 appends. */
    public Tensor expandDims(int axis) {
        return of(Ops.reshape(node, shape().insert(axis, 1)));
    }

    /** Without the axes of extent 1. */
    public Tensor squeeze() {
        return of(Layouts.squeeze(node));
    }

    /** Without these axes, each of extent 1. */
    public Tensor squeeze(int axis, int... more) {
        return of(Layouts.squeeze(node, Axes.some(axis, more)));
    }

    /** All elements in one axis. */
    public Tensor flatten() {
        return reshape(-1);
    }

    /** This axis and all behind it become one. */
    public Tensor flatten(int fromAxis) {
        return of(Layouts.flatten(node, fromAxis));
    }

    /** Stretched to a shape by NumPy's rule. */
    public Tensor broadcastTo(Shape shape) {
        return of(Ops.broadcast(node, shape));
    }

    /** As {@link #broadcastTo(Shape)}. */
    public Tensor broadcastTo(int... dims) {
        return broadcastTo(Shape.of(dims));
    }

    /** In reverse order along these axes. */
    public Tensor flip(int axis, int... more) {
        return of(Ops.flip(node, Axes.some(axis, more).resolve(shape())));
    }

    /** Moved along an axis by some places; what falls off the end comes in at the start. */
    public Tensor roll(int axis, int shift) {
        return of(Layouts.roll(node, axis, shift));
    }

    /** Repeated as a whole, so many times per axis (counted from the last), as NumPy's tile. */
    public Tensor tile(int... counts) {
        return of(Layouts.tile(node, counts));
    }

    /** Each element so many times in a row, along an axis. */
    public Tensor repeat(int axis, int count) {
        return of(Layouts.repeat(node, axis, count));
    }

    /** With zeros before and after along an axis. */
    public Tensor pad(int axis, int before, int after) {
        return pad(axis, before, after, 0);
    }

    /** With a number before and after along an axis. */
    public Tensor pad(int axis, int before, int after, double value) {
        return of(Layouts.pad(node, axis, before, after, value));
    }

    /** Parts of equal extent along an axis. */
    public List<Tensor> split(int axis, int parts) {
        return Layouts.split(this, axis, parts);
    }

    /** Parts of these extents along an axis, which must add up. */
    public List<Tensor> split(int axis, int[] extents) {
        return Layouts.split(this, axis, extents);
    }

    /** The tensors along an axis, which disappears. */
    public List<Tensor> unstack(int axis) {
        return Layouts.unstack(this, axis);
    }

    /**
     * The lower triangle of the last two axes, zeros elsewhere; {@code diagonal} 0 is the main one, 1 the one above.
     */
    public Tensor tril(int diagonal) {
        return of(Creation.triangle(node, diagonal, true));
    }

    /**
     * The upper triangle of the last two axes, zeros elsewhere; {@code diagonal} 0 is the main one, 1 the one above.
     */
    public Tensor triu(int diagonal) {
        return of(Creation.triangle(node, diagonal, false));
    }

    /** The main diagonal of the last two axes, as the last axis. */
    public Tensor diagonal() {
        return of(Layouts.diagonal(node));
    }

    // ---- indexing ------------------------------------------------------------------------------------------------

    /**
     * The part at an index of the first axis, and of those behind it, which disappear; negative indices count from the
     * end.
     */
    public Tensor get(int index, int... more) {
        return of(Indexing.get(node, index, more));
    }

    /** The part at an index of one axis, which disappears; a negative index counts from the end. */
    public Tensor select(int axis, int index) {
        return of(Indexing.select(node, axis, index));
    }

    /**
     * From {@code from} up to but without {@code to} ({@link #END}: to the end); negative positions count from the end.
     */
    public Tensor slice(int axis, int from, int to) {
        return slice(axis, from, to, 1);
    }

    /**
     * In steps. A negative step walks backwards from {@code from} and stops before {@code to}, or at the start if
     * {@code to} is {@link #END}.
     */
    public Tensor slice(int axis, int from, int to, int step) {
        return of(Indexing.slice(node, axis, from, to, step));
    }

    /** So many elements along an axis from a start that is computed; the start is moved so that they fit. */
    public Tensor slice(int axis, Tensor from, int length) {
        return of(Indexing.slice(node, axis, from.node, length));
    }

    /** With the values in the place of {@code slice(axis, from, from + values.dim(axis))}. */
    public Tensor withSlice(int axis, int from, Tensor values) {
        return of(Indexing.withSlice(node, axis, from, values.node));
    }

    /**
     * As {@link #withSlice(int, int, Tensor)} from a start that is computed; the start is moved so that the values fit.
     */
    public Tensor withSlice(int axis, Tensor from, Tensor values) {
        return of(Indexing.withSlice(node, axis, from.node, values.node));
    }

    /**
     * The parts at these indices of an axis: {@code shape[:axis] + indices.shape + shape[axis+1:]}. An index outside of
     * [0, extent) is an error when it is computed.
     */
    public Tensor take(int axis, Tensor indices) {
        return of(Indexing.take(node, axis, indices.node));
    }

    /**
     * {@code result[.., i, ..] = x[.., indices[.., i, ..], ..]}: one index per element of the result; other extents
     * equal.
     */
    public Tensor takeAlong(int axis, Tensor indices) {
        return of(Indexing.takeAlong(node, axis, indices.node));
    }

    /** With updates added where {@link #take} would have read; equal indices accumulate. */
    public Tensor scatterAdd(int axis, Tensor indices, Tensor updates) {
        return of(Indexing.scatterAdd(node, axis, indices.node, updates.node));
    }

    /**
     * FLOAT32 with a new last axis of extent {@code classes}: 1 at the index, 0 elsewhere (everywhere for an index out
     * of range).
     */
    public Tensor oneHot(int classes) {
        return of(Indexing.oneHot(node, classes));
    }

    /**
     * The places where a BOOL tensor is true: INT32 (count, rank). Their number is not known before, so this computes.
     */
    public Tensor nonzero() {
        Checks.bool("nonzero", node);
        return Indexing.nonzero(data());
    }

    // ---- products ------------------------------------------------------------------------------------------------

    /**
     * The matrix product by NumPy's rules: {@code (..., m, k) x (..., k, n)} with batch extents broadcast; a tensor of
     * rank 1 is a row on the left, a column on the right, and its axis disappears.
     */
    public Tensor matmul(Tensor other) {
        return of(Products.matmul(node, other.node));
    }

    /** The sum of products of two vectors. */
    public Tensor dot(Tensor other) {
        return of(Products.dot(node, other.node));
    }

    /** Every product of an element of this vector and one of the other: {@code (m) x (n) -> (m, n)}. */
    public Tensor outer(Tensor other) {
        return of(Products.outer(node, other.node));
    }

    private Tensor unary(Op.UnaryKind kind) {
        return of(Ops.unary(kind, node));
    }

    private Tensor binary(Op.BinaryKind kind, Tensor other) {
        return of(Ops.binary(kind, node, other.node));
    }

    private Tensor binary(Op.BinaryKind kind, double number) {
        return of(Ops.binary(kind, node, Checks.fillLike(node, number)));
    }
}
