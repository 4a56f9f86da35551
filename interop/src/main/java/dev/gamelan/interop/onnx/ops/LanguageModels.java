package dev.gamelan.interop.onnx.ops;

import static dev.gamelan.interop.onnx.ops.Registry.MICROSOFT;

import dev.gamelan.interop.onnx.value.Value;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.Tensors;
import java.util.List;

/** Operators of {@code com.microsoft} that exported language models are made of. */
final class LanguageModels {

    private LanguageModels() {}

    static void register(Registry r) {
        r.op(MICROSOFT, "MatMulNBits", 1, LanguageModels::matmulBits);
        r.op(MICROSOFT, "GroupQueryAttention", 1, LanguageModels::groupQuery);
    }

    // ---- weights of a few bits -------------------------------------------------------------------------------------------

    /**
     * a (..., k) with weights of 2, 4 or 8 bits in blocks along k: (n, blocks, bytes), scales (n * blocks), zero points of as
     * many bits or in fractions.
     */
    private static List<Value> matmulBits(Call c) {
        int k = c.attribute("K", 0);
        int n = c.attribute("N", 0);
        int bits = c.attribute("bits", 4);
        int block = c.attribute("block_size", 32);
        int blocks = Math.ceilDiv(k, block);
        if (c.has(4)) {
            throw Call.unsupported("weights in order", "a g_idx");
        }
        Tensor scales = c.tensor(2).reshape(n, blocks, 1).cast(DType.FLOAT32);
        Tensor zeros = Tensor.scalar(1 << bits - 1);
        if (c.has(3) && c.tensor(3).dtype() == DType.UINT8) {
            zeros = unpacked(c.tensor(3).reshape(n, -1), bits).slice(1, 0, blocks).expandDims(2);
        } else if (c.has(3)) {
            zeros = c.tensor(3).reshape(n, blocks, 1);
        }
        Tensor shift = zeros;
        Tensor weights = c.prepared(1, "bits",
                w -> unpacked(w.reshape(n * blocks, -1), bits).reshape(n, blocks, block).sub(shift).mul(scales)
                        .reshape(n, blocks * block).slice(1, 0, k).transpose());
        Tensor product = c.tensor(0).matmul(weights);
        return c.same(c.has(5) ? product.add(c.tensor(5)) : product);
    }

    /** (rows, bytes) -> FLOAT32 (rows, numbers), the lowest bits first. */
    private static Tensor unpacked(Tensor bytes, int bits) {
        int each = 8 / bits;
        Tensor wide = bytes.cast(DType.INT32);
        Tensor[] parts = new Tensor[each];
        for (int i = 0; i < each; i++) {
            Tensor shifted = wide.shiftRight(i * bits);
            parts[i] = shifted.and(shifted.fullLike((1 << bits) - 1));
        }
        return Tensors.stack(-1, parts).reshape(bytes.dim(0), bytes.dim(1) * each).cast(DType.FLOAT32);
    }

    // ---- attention ---------------------------------------------------------------------------------------------------------

    /**
     * Inputs: query, key, value (or all packed in the first), past key and value (batch, heads, time, d), lengths less one,
     * total length, cos and sin tables. The past is as long as its tensors.
     */
    private static List<Value> groupQuery(Call c) {
        int heads = c.attribute("num_heads", 1);
        int own = c.attribute("kv_num_heads", 1);
        Tensor query = c.tensor(0);
        int d = c.has(1) ? query.dim(2) / heads : query.dim(2) / (heads + 2 * own);
        List<Tensor> packed = c.has(1) ? List.of(query, c.tensor(1), c.tensor(2)) : query.split(2, new int[] {heads * d, own * d, own * d});
        Tensor q = Attentions.heads(packed.get(0), heads);
        Tensor k = Attentions.heads(packed.get(1), own);
        Tensor v = Attentions.heads(packed.get(2), own);
        int past = c.has(3) ? c.tensor(3).dim(2) : 0;
        int time = q.dim(2);
        if (c.flag("do_rotary", false)) {
            Tensor cos = c.tensor(7).slice(0, past, past + time).reshape(1, 1, time, -1);
            Tensor sin = c.tensor(8).slice(0, past, past + time).reshape(1, 1, time, -1);
            int turned = 2 * cos.dim(3);
            boolean interleaved = c.flag("rotary_interleaved", false);
            q = Attentions.rotated(q, cos, sin, turned, interleaved);
            k = Attentions.rotated(k, cos, sin, turned, interleaved);
        }
        Tensor keys = c.has(3) ? Tensors.concat(2, c.tensor(3), k) : k;
        Tensor values = c.has(4) ? Tensors.concat(2, c.tensor(4), v) : v;
        double scale = c.attribute("scale", 0.0) == 0 ? 1 / Math.sqrt(d) : c.attribute("scale", 0.0);
        Tensor scores = q.mul(scale).matmul((heads > own ? keys.repeat(1, heads / own) : keys).transpose());
        double cap = c.attribute("softcap", 0.0);
        Tensor capped = cap > 0 ? scores.div(cap).tanh().mul(cap) : scores;
        Tensor shares = capped.where(seen(c, time, keys.dim(2)), -1e30).softmax(-1);
        Tensor y = shares.matmul(heads > own ? values.repeat(1, heads / own) : values);
        return List.of(Value.of(c.type(0), Attentions.joined(y)), Value.of(c.type(0), keys), Value.of(c.type(0), values));
    }

    /** Each query sees the keys up to its own place, at most as far back as the window reaches. */
    private static Tensor seen(Call c, int queries, int keys) {
        Shape square = Shape.of(queries, keys);
        Tensor behind = Grid.places(square, 0).add(keys - queries).sub(Grid.places(square, 1));
        int window = c.attribute("local_window_size", -1);
        Tensor past = behind.greaterEqual(0);
        return window > 0 ? past.and(behind.less(window)) : past;
    }
}
