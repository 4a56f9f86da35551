package dev.gamelan.interop.onnx.ops;

import dev.gamelan.interop.onnx.value.ElementType;
import dev.gamelan.interop.onnx.value.Value;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Tensor;
import java.util.Arrays;
import java.util.List;

/** Between fractions and integers with a scale and a zero point. */
final class Quantization {

    private Quantization() {}

    static void register(Registry r) {
        for (String domain : List.of(Registry.ONNX, Registry.MICROSOFT)) {
            r.op(domain, "QuantizeLinear", 1, Quantization::quantize);
            r.op(domain, "DequantizeLinear", 1, Quantization::dequantize);
        }
        r.op("DynamicQuantizeLinear", Quantization::dynamic);
    }

    /** A scale or zero point as it stretches over x: one number, one per element of an axis, or one per block. */
    private static Tensor stretched(Call c, Tensor parameter, Shape shape) {
        if (parameter.size() == 1 && parameter.rank() <= 1) {
            return parameter.reshape(Shape.SCALAR);
        }
        int axis = shape.axis(c.attribute("axis", 1));
        if (parameter.rank() == 1) {
            return Grid.along(parameter, axis, shape.rank());
        }
        int block = c.attribute("block_size", 0) > 0 ? c.attribute("block_size", 0) : Math.ceilDiv(shape.dim(axis), parameter.dim(axis));
        return parameter.repeat(axis, block).slice(axis, 0, shape.dim(axis));
    }

    /** {@code saturate(round(x / scale) + zero)}. */
    private static List<Value> quantize(Call c) {
        ElementType declared = c.attribute("output_dtype", 0) == 0 ? ElementType.UINT8 : ElementType.of(c.attribute("output_dtype", 0));
        ElementType to = c.has(2) ? c.type(2) : declared;
        DType wide = c.tensor(0).dtype() == DType.FLOAT64 ? DType.FLOAT64 : DType.FLOAT32;
        Tensor x = c.tensor(0).cast(wide);
        Tensor ratio = x.div(stretched(c, c.tensor(1).cast(wide), x.shape()));
        ElementType precision = c.attribute("precision", 0) == 0 ? c.type(1) : ElementType.of(c.attribute("precision", 0));
        ratio = precision.isFloating() ? precision.round(ratio, true) : ratio;
        if (to.isFloating()) {
            Tensor shifted = c.has(2) ? ratio.add(stretched(c, c.tensor(2).cast(wide), x.shape())) : ratio;
            return Call.one(to, to.round(shifted.cast(DType.FLOAT32), c.flag("saturate", true)));
        }
        Tensor zero = c.has(2) ? stretched(c, c.tensor(2).cast(wide), x.shape()) : Tensor.scalar(wide, 0);
        Tensor whole = ratio.round().add(zero);
        return Call.one(to, saturated(whole, to));
    }

    /**
     * Whole numbers of a floating type, as the nearest of an integer type. ONNX leaves open what becomes of NaNs, which come from
     * calibration over a mask of the least FLOATs; as in ONNX Runtime, the least integer.
     */
    static Tensor saturated(Tensor whole, ElementType to) {
        return whole.where(whole.greaterEqual(to.least()), to.least()).minimum(to.most()).cast(to.carrier());
    }

    /** {@code (x - zero) * scale}. */
    private static List<Value> dequantize(Call c) {
        Tensor x = c.tensor(0);
        ElementType to = c.attribute("output_dtype", 0) == 0 ? c.type(1) : ElementType.of(c.attribute("output_dtype", 0));
        Tensor scale = stretched(c, c.tensor(1).cast(to.carrier()), x.shape());
        Tensor numbers = x.dtype().isInteger() && c.has(2)
                ? widened(x).sub(stretched(c, widened(c.tensor(2)), x.shape())) : x;
        return Call.one(to, numbers.cast(to.carrier()).mul(scale));
    }

    static Tensor widened(Tensor x) {
        return x.dtype() == DType.INT8 || x.dtype() == DType.UINT8 ? x.cast(DType.INT32) : x;
    }

    /** (x) -> (UINT8, scale, zero): the range of x, and 0, fills the range of UINT8. */
    private static List<Value> dynamic(Call c) {
        Tensor x = c.tensor(0);
        Tensor low = x.min().minimum(0);
        Tensor high = x.max().maximum(0);
        Tensor range = high.sub(low).div(255);
        Tensor scale = range.onesLike().where(range.eq(0), range);
        Tensor zero = low.neg().div(scale).clamp(0, 255).round();
        Tensor y = x.div(scale).round().add(zero).clamp(0, 255).cast(DType.UINT8);
        return List.of(Value.of(ElementType.UINT8, y), Value.of(ElementType.FLOAT, range),
                Value.of(ElementType.UINT8, zero.cast(DType.UINT8)));
    }

    /** The extents of a tensor with every axis but one of extent 1. */
    static Shape alongAxis(int rank, int axis, int extent) {
        int[] dims = new int[rank];
        Arrays.fill(dims, 1);
        dims[axis] = extent;
        return Shape.of(dims);
    }
}
