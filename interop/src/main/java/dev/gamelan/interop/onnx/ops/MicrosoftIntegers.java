package dev.gamelan.interop.onnx.ops;

import static dev.gamelan.interop.onnx.ops.Registry.MICROSOFT;

import dev.gamelan.interop.onnx.value.ElementType;
import dev.gamelan.interop.onnx.value.Value;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Axes;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/** Operators of {@code com.microsoft} on integers that stand for fractions. */
final class MicrosoftIntegers {

    private MicrosoftIntegers() {}

    static void register(Registry r) {
        op(r, "MatMulIntegerToFloat", MicrosoftIntegers::matmulToFloat);
        op(r, "DynamicQuantizeMatMul", MicrosoftIntegers::dynamicMatmul);
        op(r, "MatMulInteger16", MicrosoftIntegers::matmul16);
        op(r, "QGemm", MicrosoftIntegers::gemm);
        op(r, "QLinearAdd", MicrosoftIntegers::add);
        op(r, "QLinearMul", MicrosoftIntegers::mul);
        op(r, "QLinearSigmoid", c -> unary(c, 3, Tensor::sigmoid));
        op(r, "QLinearLeakyRelu", c -> unary(c, 3, x -> x.leakyRelu(c.attribute("alpha", 0.01))));
        op(r, "QLinearSoftmax", MicrosoftIntegers::softmax);
        op(r, "QLinearGlobalAveragePool", MicrosoftIntegers::globalPool);
        op(r, "QLinearAveragePool", MicrosoftIntegers::pool);
        op(r, "QLinearConcat", MicrosoftIntegers::concat);
        op(r, "QLinearWhere", MicrosoftIntegers::where);
        op(r, "QLinearConv", c -> c.flag("channels_last", false) ? MicrosoftMoves.channelsLast(c, Windows::quantizedConv)
                : Windows.quantizedConv(c));
        op(r, "NhwcMaxPool", c -> MicrosoftMoves.channelsLast(c, Pooling::maxPool));
        op(r, "DynamicQuantizeLSTM", c -> Cells.lstm(c, new DynamicWeights(c)));
        op(r, "QEmbedLayerNormalization", MicrosoftIntegers::embed);
    }

    private static void op(Registry r, String name, Operator operator) {
        r.op(MICROSOFT, name, 1, operator);
    }

    /** A scale or zero point: a scalar, one number per column, or 0 where there is none. */
    static Tensor zero(Call c, int i) {
        return c.has(i) ? c.tensor(i).size() == 1 ? c.tensor(i).reshape(Shape.SCALAR) : c.tensor(i) : Tensor.scalar(DType.INT32, 0);
    }

    // ---- products ----------------------------------------------------------------------------------------------------

    /** Inputs: a, b, scales of both, zero points of both, bias. */
    private static List<Value> matmulToFloat(Call c) {
        Tensor product = Products.exact(c, 0, 1, zero(c, 4), zero(c, 5)).cast(DType.FLOAT32).mul(c.tensor(2).mul(c.tensor(3)));
        return Call.one(c.type(2), c.has(6) ? product.add(c.tensor(6)) : product);
    }

    /** Inputs: a in fractions, b, its scale, its zero point, bias. */
    private static List<Value> dynamicMatmul(Call c) {
        Tensor b = c.tensor(1).cast(DType.FLOAT32).sub(zero(c, 3).cast(DType.FLOAT32));
        Tensor product = dynamicProduct(c.tensor(0), b, c.tensor(2));
        return Call.one(c.type(0), c.has(4) ? product.add(c.tensor(4)) : product);
    }

    /** The product with a rounded to whole numbers of a scale that its range gives: see {@code DynamicQuantizeLinear}. */
    static Tensor dynamicProduct(Tensor a, Tensor b, Tensor bScale) {
        Tensor low = a.min().minimum(0);
        Tensor scale = a.max().maximum(0).sub(low).div(255);
        Tensor safe = scale.where(scale.ne(0), 1);
        Tensor shift = low.neg().div(safe).clamp(0, 255).round();
        Tensor whole = a.div(safe).round().add(shift).clamp(0, 255).sub(shift);
        return whole.matmul(b).mul(scale.mul(bScale));
    }

    /** Sums wrap around as those of INT32 do. */
    private static List<Value> matmul16(Call c) {
        Tensor product = c.tensor(0).cast(DType.FLOAT64).matmul(c.tensor(1).cast(DType.FLOAT64));
        return Call.one(ElementType.INT32, product.cast(DType.INT64).cast(DType.INT32));
    }

    /** Inputs: a, scale, zero, b, scale, zero, c in whole numbers of both scales, scale of y, zero of y; fractions without the latter. */
    private static List<Value> gemm(Call c) {
        List<java.util.Optional<Value>> inputs = new ArrayList<>();
        for (int i = 0; i < c.inputs(); i++) {
            inputs.add(c.has(i) ? java.util.Optional.of(c.value(i)) : java.util.Optional.empty());
        }
        if (c.flag("transA", false)) {
            inputs.set(0, java.util.Optional.of(c.numbers(0).with(c.tensor(0).transpose())));
        }
        if (c.flag("transB", false)) {
            inputs.set(3, java.util.Optional.of(c.numbers(3).with(c.prepared(3, "transposed", Tensor::transpose))));
        }
        Tensor product = Products.exact(c.with(inputs), 0, 3, zero(c, 2), zero(c, 5));
        Tensor sum = (c.has(6) ? product.add(c.tensor(6).cast(product.dtype())) : product).cast(DType.FLOAT32);
        Tensor scale = zero(c, 1).mul(zero(c, 4)).mul(c.attribute("alpha", 1.0));
        if (!c.has(7)) {
            return Call.one(ElementType.FLOAT, sum.mul(scale));
        }
        Tensor y = sum.mul(scale.div(zero(c, 7))).round().add(zero(c, 8).cast(DType.FLOAT32));
        ElementType type = c.has(8) ? c.type(8) : c.type(0);
        return Call.one(type, Quantization.saturated(y, type));
    }

    // ---- element-wise ------------------------------------------------------------------------------------------------

    private static Tensor fractions(Call c, int at) {
        return c.tensor(at).cast(DType.FLOAT32).sub(zero(c, at + 2).cast(DType.FLOAT32)).mul(zero(c, at + 1));
    }

    private static Value quantized(Call c, Tensor y, int scale, ElementType type) {
        return Value.of(type, Quantization.saturated(y.div(zero(c, scale)).round().add(zero(c, scale + 1).cast(DType.FLOAT32)), type));
    }

    private static Tensor wide(Call c, int i) {
        return zero(c, i).cast(DType.FLOAT64);
    }

    private static Tensor rounded(Tensor x) {
        return x.cast(DType.FLOAT32).cast(DType.FLOAT64);
    }

    /**
     * {@code a s_a / s_y + (b s_b / s_y + rest)}, where ONNX Runtime rounds each sum with its product once. FLOAT64 holds a product of
     * a FLOAT32 and a byte exactly, so rounding what comes out gives the same.
     */
    private static List<Value> add(Call c) {
        Tensor left = rounded(zero(c, 1).div(zero(c, 6)));
        Tensor right = rounded(zero(c, 4).div(zero(c, 6)));
        Tensor shift = rounded(rounded(left.mul(wide(c, 2))).add(rounded(right.mul(wide(c, 5)))));
        Tensor rest = rounded(wide(c, 7).sub(shift));
        Tensor inner = rounded(c.tensor(3).cast(DType.FLOAT64).mul(right).add(rest));
        Tensor y = c.tensor(0).cast(DType.FLOAT64).mul(left).add(inner).cast(DType.FLOAT32);
        return Call.one(c.type(0), Quantization.saturated(y.round(), c.type(0)));
    }

    /** The product of whole numbers times one scale, rounded with the zero point. */
    private static List<Value> mul(Call c) {
        Tensor a = c.tensor(0).cast(DType.FLOAT32).sub(zero(c, 2).cast(DType.FLOAT32));
        Tensor b = c.tensor(3).cast(DType.FLOAT32).sub(zero(c, 5).cast(DType.FLOAT32));
        Tensor scale = zero(c, 1).mul(zero(c, 4)).div(zero(c, 6));
        Tensor y = a.mul(b).mul(scale).add(zero(c, 7).cast(DType.FLOAT32)).round();
        return Call.one(c.type(0), Quantization.saturated(y, c.type(0)));
    }

    private static List<Value> unary(Call c, int scale, UnaryOperator<Tensor> function) {
        return List.of(quantized(c, function.apply(fractions(c, 0)), scale, c.type(0)));
    }

    /**
     * Of rows; before operator set 13 all axes from one on are one row. As in ONNX Runtime, a whole number of steps makes one, and no share is
     * left of a row without numbers, as in a mask of the least FLOATs after calibration.
     */
    private static List<Value> softmax(Call c) {
        Tensor x = fractions(c, 0);
        int axis = x.shape().axis(c.attribute("axis", c.attribute("opset", 13) >= 13 ? -1 : 1));
        Tensor shares = c.attribute("opset", 13) >= 13 ? x.softmax(axis)
                : x.reshape(x.shape().slice(0, axis).length(), -1).softmax(1).reshape(x.shape());
        Tensor steps = shares.where(shares.eq(shares), 0).mul(zero(c, 3).rdiv(1).floor());
        return Call.one(c.type(0), Quantization.saturated(steps.round().add(zero(c, 4).cast(DType.FLOAT32)), c.type(0)));
    }

    /** Inputs: condition, x, scale, zero, y, scale, zero, scale and zero of what comes out. */
    private static List<Value> where(Call c) {
        Value.Numbers x = (Value.Numbers) quantized(c, fractions(c, 1), 7, c.type(1));
        Value.Numbers y = (Value.Numbers) quantized(c, fractions(c, 4), 7, c.type(1));
        return Call.one(c.type(1), x.tensor().where(c.tensor(0), y.tensor()));
    }

    // ---- windows, parts ----------------------------------------------------------------------------------------------

    /** The whole sum times one scale. */
    private static List<Value> globalPool(Call c) {
        boolean last = c.flag("channels_last", false);
        Tensor x = c.tensor(0).cast(DType.INT32).sub(zero(c, 2).cast(DType.INT32));
        int[] axes = IntStream.range(last ? 1 : 2, last ? x.rank() - 1 : x.rank()).toArray();
        long count = IntStream.of(axes).mapToLong(x::dim).reduce(1, (a, b) -> a * b);
        Tensor scale = zero(c, 1).div(zero(c, 3).mul(count));
        Tensor y = x.sum(Axes.keep(axes)).cast(DType.FLOAT32).mul(scale).round().add(zero(c, 4).cast(DType.FLOAT32));
        return Call.one(c.type(0), Quantization.saturated(y, c.type(0)));
    }

    private static List<Value> pool(Call c) {
        boolean last = c.flag("channels_last", false);
        Tensor x = last ? Grid.toFirst(fractions(c, 0)) : fractions(c, 0);
        Tensor y = Pooling.average(c, x, c.flag("count_include_pad", false));
        return List.of(quantized(c, last ? Grid.toLast(y) : y, 3, c.type(0)));
    }

    /** Inputs: scale and zero point of y, then x, scale, zero point of each part. */
    private static List<Value> concat(Call c) {
        List<Tensor> parts = new ArrayList<>();
        for (int i = 2; i + 2 < c.inputs() + 1; i += 3) {
            parts.add(fractions(c, i));
        }
        return List.of(quantized(c, Tensors.concat(c.attribute("axis", 0), parts), 0, c.type(2)));
    }

    /** Inputs: ids, segment ids, the tables of words, places and segments, gamma, beta, mask, then scales and zero points of those. */
    private static List<Value> embed(Call c) {
        Tensor ids = c.tensor(0);
        Tensor sum = dequantized(c, 2).take(0, ids).add(dequantized(c, 3).slice(0, 0, ids.dim(1)));
        Tensor x = c.has(1) && c.has(4) ? sum.add(dequantized(c, 4).take(0, c.tensor(1))) : sum;
        Tensor centered = x.sub(x.mean(Axes.keep(-1)));
        Tensor inverse = centered.square().mean(Axes.keep(-1)).add(c.attribute("epsilon", 1e-12)).rsqrt();
        Tensor y = centered.mul(inverse).mul(dequantized(c, 5)).add(dequantized(c, 6));
        Tensor count = c.has(7) ? c.tensor(7).cast(DType.INT32).sum(1) : Tensor.zeros(DType.INT32, Shape.of(ids.dim(0)));
        return List.of(Value.of(ElementType.FLOAT, y), Value.of(ElementType.INT32, count));
    }

    /** The scale of a table is six inputs after it, its zero point another five. */
    private static Tensor dequantized(Call c, int table) {
        return c.tensor(table).cast(DType.FLOAT32).sub(zero(c, table + 11).cast(DType.FLOAT32)).mul(zero(c, table + 6));
    }

    /** Weights (directions, in, 4 hidden) in integers; the rows are rounded to integers as their range asks for. */
    private record DynamicWeights(Call c) implements Recurrent.Weights {

        @Override
        public int hidden() {
            return c.tensor(2).dim(1);
        }

        @Override
        public Tensor input(Tensor rows, int direction) {
            return product(rows, 1, 8, direction);
        }

        @Override
        public Tensor state(Tensor rows, int direction) {
            return product(rows, 2, 10, direction);
        }

        private Tensor product(Tensor rows, int weights, int scale, int direction) {
            Tensor zero = c.tensor(scale + 1).select(0, direction).cast(DType.FLOAT32);
            Tensor whole = c.prepared(weights, "whole " + direction, w -> w.select(0, direction).cast(DType.FLOAT32).sub(zero));
            return dynamicProduct(rows, whole, c.tensor(scale).select(0, direction));
        }
    }
}
