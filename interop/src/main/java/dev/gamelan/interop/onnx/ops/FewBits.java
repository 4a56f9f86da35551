package dev.gamelan.interop.onnx.ops;

import static dev.gamelan.interop.onnx.ops.Registry.MICROSOFT;

import dev.gamelan.interop.onnx.value.ElementType;
import dev.gamelan.interop.onnx.value.Knowledge;
import dev.gamelan.interop.onnx.value.Value;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Axes;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.Tensors;
import java.util.List;

/** Operators of {@code com.microsoft} on weights of a few bits, quantized in blocks. */
final class FewBits {

    /** What the 16 codes of normal floats stand for (Dettmers et al., 2023, appendix E). */
    private static final double[] NORMAL = {-1.0, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635,
            -0.18477343022823334, -0.09105003625154495, 0.0, 0.07958029955625534, 0.16093020141124725, 0.24611230194568634,
            0.33791524171829224, 0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1.0};
    /** Floats of a sign, two bits of exponent and one of fraction, over the largest. */
    private static final double[] FLOATS = {0.0, 5.208333333e-03, 0.66666667, 1.0, 0.33333333, 0.5, 0.16666667, 0.25, -0.0,
            -5.208333333e-03, -0.66666667, -1.0, -0.33333333, -0.5, -0.16666667, -0.25};

    private FewBits() {}

    static void register(Registry r) {
        r.op(MICROSOFT, "MatMulNBits", 1, FewBits::matmul);
        r.op(MICROSOFT, "MatMulBnb4", 1, FewBits::matmulOfTable);
        r.op(MICROSOFT, "GatherBlockQuantized", 1, FewBits::gather);
    }

    /**
     * a (..., k) with weights of 2, 4 or 8 bits in blocks along k: (n, blocks, bytes), scales (n * blocks), zero points of as
     * many bits or in fractions, the block of each of the k where they are not in order, bias.
     */
    private static List<Value> matmul(Call c) {
        int k = c.attribute("K", 0);
        int n = c.attribute("N", 0);
        int bits = c.attribute("bits", 4);
        int block = c.attribute("block_size", 32);
        int blocks = Math.ceilDiv(k, block);
        Tensor scales = c.tensor(2).reshape(n, blocks, 1).cast(DType.FLOAT32);
        Tensor zeros = scales.fullLike(1 << bits - 1);
        if (c.has(3) && c.tensor(3).dtype() == DType.UINT8) {
            zeros = unpacked(c.tensor(3).reshape(n, -1), bits).slice(1, 0, blocks).expandDims(2);
        } else if (c.has(3)) {
            zeros = c.tensor(3).reshape(n, blocks, 1).cast(DType.FLOAT32);
        }
        Tensor shift = zeros;
        Tensor weights = c.prepared(1, "bits", w -> {
            Tensor numbers = unpacked(w.reshape(n * blocks, -1), bits).reshape(n, blocks, block);
            if (!c.has(4)) {
                return numbers.sub(shift).mul(scales).reshape(n, blocks * block).slice(1, 0, k).transpose();
            }
            Tensor owner = c.tensor(4).slice(0, 0, k);
            Tensor own = numbers.reshape(n, blocks * block).slice(1, 0, k);
            return own.sub(shift.squeeze(2).take(1, owner)).mul(scales.squeeze(2).take(1, owner)).transpose();
        });
        boolean inOrder = !c.has(4) && !(c.has(3) && c.tensor(3).dtype() != DType.UINT8);
        boolean rounds = c.attribute("accuracy_level", 0) == 4 && inOrder && c.numbers(1).knowledge() == Knowledge.MODEL
                && (bits > 2 || block >= 32 && block <= 128);
        Tensor product = (rounds ? rounded(c.type(0).round(c.tensor(0), false), block, blocks) : c.tensor(0)).matmul(weights);
        return c.same(c.has(5) ? product.add(c.tensor(5)) : product);
    }

    /** Each block of a row in 255 steps up to its largest magnitude: accuracy level 4 allows it, and ONNX Runtime's kernels do it. */
    private static Tensor rounded(Tensor x, int block, int blocks) {
        Shape shape = x.shape();
        int last = shape.rank() - 1;
        int k = shape.dim(last);
        Tensor parts = x.pad(last, 0, blocks * block - k).reshape(shape.with(last, blocks).insert(-1, block));
        Tensor most = parts.abs().max(Axes.keep(-1));
        Tensor whole = parts.mul(most.rdiv(127).where(most.greater(0), 0)).round();
        return whole.mul(most.div(127)).reshape(shape.with(last, blocks * block)).slice(last, 0, k);
    }

    /** (rows, bytes) -> FLOAT32 (rows, numbers), the lowest bits first. */
    static Tensor unpacked(Tensor bytes, int bits) {
        int each = 8 / bits;
        Tensor wide = bytes.cast(DType.INT32);
        Tensor[] parts = new Tensor[each];
        for (int i = 0; i < each; i++) {
            Tensor shifted = wide.shiftRight(i * bits);
            parts[i] = shifted.and(shifted.fullLike((1 << bits) - 1));
        }
        return Tensors.stack(-1, parts).reshape(bytes.dim(0), bytes.dim(1) * each).cast(DType.FLOAT32);
    }

    /** a (..., k) with weights (n, k) in codes of a table, the high bits first, each block times its largest magnitude. */
    private static List<Value> matmulOfTable(Call c) {
        int k = c.attribute("K", 0);
        int n = c.attribute("N", 0);
        int block = c.attribute("block_size", 64);
        Tensor table = Tensor.of(c.attribute("quant_type", 0) == 1 ? NORMAL : FLOATS);
        Tensor most = c.tensor(2).cast(DType.FLOAT32);
        Tensor weights = c.prepared(1, "codes " + c.attribute("transB", 1), w -> {
            Tensor wide = w.cast(DType.INT32).flatten();
            Tensor codes = Tensors.stack(-1, wide.shiftRight(4), wide.and(wide.fullLike(15))).flatten().slice(0, 0, n * k);
            Tensor numbers = table.take(0, codes).mul(most.repeat(0, block).slice(0, 0, n * k)).reshape(n, k);
            return c.flag("transB", true) ? numbers.transpose() : numbers;
        });
        return c.same(c.tensor(0).matmul(weights));
    }

    /** Rows of data that is quantized in blocks along one axis, as fractions of the type of the scales. */
    private static List<Value> gather(Call c) {
        ElementType type = c.type(0);
        int bits = type == ElementType.UINT8 ? c.attribute("bits", 4) : type.bits();
        boolean packed = type == ElementType.UINT8 && bits < 8;
        Tensor data = numbers(c.tensor(0), packed, bits);
        Shape shape = data.shape();
        int quantized = shape.axis(c.attribute("quantize_axis", 1));
        int axis = shape.axis(c.attribute("gather_axis", 0));
        int block = c.attribute("block_size", 128);
        Tensor scales = stretched(c.tensor(2).cast(DType.FLOAT32), quantized, block, shape);
        Tensor whole = data;
        if (c.has(3)) {
            Tensor zeros = numbers(c.tensor(3), packed, bits).slice(quantized, 0, c.tensor(2).dim(quantized));
            whole = data.sub(stretched(zeros, quantized, block, shape));
        } else if (type == ElementType.UINT8) {
            whole = data.sub(1 << bits - 1);
        }
        return Call.one(c.type(2), whole.mul(scales).take(axis, Indexing.indices(c, 1, shape.dim(axis))));
    }

    private static Tensor numbers(Tensor x, boolean packed, int bits) {
        if (!packed) {
            return x.cast(DType.FLOAT32);
        }
        Shape shape = x.shape();
        int last = shape.dim(-1);
        return unpacked(x.reshape(-1, last), bits).reshape(shape.with(shape.rank() - 1, last * (8 / bits)));
    }

    private static Tensor stretched(Tensor x, int axis, int block, Shape shape) {
        return x.repeat(axis, block).slice(axis, 0, shape.dim(axis));
    }
}
