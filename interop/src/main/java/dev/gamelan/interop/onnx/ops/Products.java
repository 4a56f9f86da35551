package dev.gamelan.interop.onnx.ops;

import dev.gamelan.interop.onnx.value.ElementType;
import dev.gamelan.interop.onnx.value.Knowledge;
import dev.gamelan.interop.onnx.value.Value;
import dev.gamelan.ir.Data;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.Tensors;
import java.util.List;

/** Matrix products. */
final class Products {

    /** FLOAT32 holds whole numbers up to here exactly. */
    private static final double EXACT = 0x1p24;

    private Products() {}

    static void register(Registry r) {
        r.op("MatMul", c -> c.arithmetic(matmul(c.tensor(0), c.tensor(1))));
        r.op("Gemm", Products::gemm);
        r.op("Einsum", c -> c.same(Tensors.einsum(c.attribute("equation", ""), c.tensors().toArray(Tensor[]::new))));
        r.op("Det", c -> c.same(determinant(c.tensor(0))));
        r.op("MatMulInteger", Products::matmulInteger).op("QLinearMatMul", Products::quantizedMatmul);
    }

    /** Integers are multiplied in INT64, so that what is too large wraps around. */
    private static Tensor matmul(Tensor a, Tensor b) {
        return a.dtype() == DType.INT32 ? a.cast(DType.INT64).matmul(b.cast(DType.INT64)).cast(DType.INT32) : a.matmul(b);
    }

    /** {@code alpha * A' B' + beta * C}. */
    static List<Value> gemm(Call c) {
        Tensor a = c.flag("transA", false) ? c.tensor(0).transpose() : c.tensor(0);
        Tensor b = c.flag("transB", false) ? c.prepared(1, "transposed", Tensor::transpose) : c.tensor(1);
        double alpha = c.attribute("alpha", 1.0);
        double beta = c.attribute("beta", 1.0);
        Tensor product = matmul(a, b);
        Tensor scaled = alpha == 1 ? product : scaled(product, alpha);
        if (!c.has(2) || beta == 0) {
            return c.arithmetic(scaled);
        }
        Tensor bias = beta == 1 ? c.tensor(2) : scaled(c.tensor(2), beta);
        return c.arithmetic(scaled.add(bias.broadcastTo(scaled.shape())));
    }

    private static Tensor scaled(Tensor x, double factor) {
        return x.dtype().isFloating() ? x.mul(factor) : x.cast(DType.FLOAT64).mul(factor).cast(x.dtype());
    }

    /** By elimination with the largest pivot, one column after another, all matrices of the batch at once. */
    private static Tensor determinant(Tensor x) {
        int n = x.dim(-1);
        Shape batch = x.shape().slice(0, x.rank() - 2);
        Tensor rows = x.reshape(Shape.of(batch.length(), n, n));
        Tensor result = Tensor.ones(x.dtype(), Shape.of(batch.length()));
        for (int i = 0; i < n; i++) {
            int left = n - i;
            Tensor pivot = rows.select(2, 0).abs().argmax(1);
            Tensor at = Grid.places(Shape.of(batch.length(), left), 1);
            Tensor isPivot = at.eq(pivot.expandDims(1));
            Tensor row = rows.mul(isPivot.cast(x.dtype()).expandDims(2)).sum(1);
            Tensor value = row.select(1, 0);
            Tensor sign = value.onesLike().where(pivot.eq(0), value.fullLike(-1));
            result = result.mul(value).mul(sign);
            // The first row takes the pivot's place; then the first row and column are done.
            Tensor first = rows.slice(1, 0, 1);
            Tensor swapped = first.where(isPivot.expandDims(2), rows).slice(1, 1, left);
            Tensor safe = value.where(value.ne(0), 1);
            Tensor factor = swapped.select(2, 0).div(safe.expandDims(1));
            rows = swapped.sub(factor.expandDims(2).mul(row.expandDims(1))).slice(2, 1, left);
        }
        return result.reshape(batch);
    }

    // ---- integers --------------------------------------------------------------------------------------------------

    private static List<Value> matmulInteger(Call c) {
        Tensor product = exact(c, 0, 1, c.has(2) ? rows(c.tensor(2)) : Tensor.scalar(DType.INT32, 0),
                c.has(3) ? columns(c.tensor(3)) : Tensor.scalar(DType.INT32, 0));
        return Call.one(ElementType.INT32, product.cast(DType.INT32));
    }

    /** One number per row of the left operand; a column that stretches, or one for each matrix. */
    private static Tensor rows(Tensor zero) {
        return zero.rank() == 1 && zero.dim(0) > 1 ? zero.expandDims(-1) : zero.size() == 1 ? zero.reshape(Shape.SCALAR) : zero;
    }

    private static Tensor columns(Tensor zero) {
        return zero.size() == 1 ? zero.reshape(Shape.SCALAR) : zero;
    }

    /** The product of 8-bit integers less their zero points, in whole numbers of a floating type that holds it exactly. */
    static Tensor exact(Call c, int left, int right, Tensor leftZero, Tensor rightZero) {
        double bound = bound(c, left, right, rightZero);
        DType type = bound < EXACT ? DType.FLOAT32 : DType.FLOAT64;
        Tensor a = c.tensor(left).cast(type).sub(leftZero.cast(type));
        boolean model = c.numbers(right).knowledge() == Knowledge.MODEL && Host.isKnown(rightZero);
        Tensor b = model ? c.prepared(right, "exact " + type, x -> x.cast(type).sub(rightZero.cast(type)))
                : c.tensor(right).cast(type).sub(rightZero.cast(type));
        return a.matmul(b);
    }

    /** What the magnitude of a sum may reach: from the largest column of the weights if they are known. */
    private static double bound(Call c, int left, int right, Tensor rightZero) {
        int depth = c.tensor(left).dim(-1);
        if (c.numbers(right).knowledge() != Knowledge.MODEL || !Host.isKnown(rightZero) || c.tensor(right).rank() < 2) {
            return 255.0 * 255 * depth;
        }
        Tensor largest = c.prepared(right, "bound", x -> x.cast(DType.FLOAT32).sub(rightZero.cast(DType.FLOAT32)).abs().sum(-2).max());
        Data data = Host.data(largest);
        return 255 * data.getDouble(0);
    }

    /** Inputs: a, scale, zero, b, scale, zero, scale of y, zero of y. */
    private static List<Value> quantizedMatmul(Call c) {
        Tensor product = exact(c, 0, 3, rows(c.tensor(2)), columns(c.tensor(5)));
        Tensor scale = rows(c.tensor(1)).mul(columns(c.tensor(4))).div(columns(c.tensor(6)));
        Tensor y = product.cast(DType.FLOAT32).mul(scale.cast(DType.FLOAT32)).round().add(columns(c.tensor(7)).cast(DType.FLOAT32));
        return Call.one(c.type(7), Quantization.saturated(y, c.type(7)));
    }
}
