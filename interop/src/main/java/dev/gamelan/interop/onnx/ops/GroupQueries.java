package dev.gamelan.interop.onnx.ops;

import static dev.gamelan.interop.onnx.ops.Registry.MICROSOFT;

import dev.gamelan.interop.onnx.value.Value;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Axes;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;

/**
 * {@code GroupQueryAttention} of {@code com.microsoft}: attention with a cache, of which exported language models are made
 * (Ainslie et al., 2023).
 */
final class GroupQueries {

    /** What takes the place of a score that a query does not see. */
    private static final double HIDDEN = -1e30;

    private GroupQueries() {}

    static void register(Registry r) {
        r.op(MICROSOFT, "GroupQueryAttention", 1, GroupQueries::attention);
    }

    /**
     * Inputs: query, key, value (or all packed in the first), past key and value (batch, heads, room, d), lengths less one
     * (batch), total length, cos and sin tables, positions, what is added to scores, a score of nothing for each head.
     * The cache is as long as the past, or has room for more: an example's new keys come right after its own past.
     */
    private static List<Value> attention(Call c) {
        for (String cache : List.of("k_quant_type", "v_quant_type")) {
            if (!c.attribute(cache, "NONE").equals("NONE")) {
                throw Call.unsupported("a cache of fractions", cache + " " + c.attribute(cache, "NONE"));
            }
        }
        int heads = c.attribute("num_heads", 1);
        int own = c.attribute("kv_num_heads", 1);
        Tensor query = c.tensor(0);
        int d = c.has(1) ? query.dim(2) / heads : query.dim(2) / (heads + 2 * own);
        List<Tensor> packed = c.has(1) ? List.of(query, c.tensor(1), c.tensor(2)) : query.split(2, new int[] {heads * d, own * d, own * d});
        Tensor q = Attentions.heads(packed.get(0), heads);
        Tensor k = Attentions.heads(packed.get(1), own);
        Tensor v = Attentions.heads(packed.get(2), own);
        int time = q.dim(2);
        Tensor past = c.tensor(5).cast(DType.INT32).reshape(-1, 1).add(1 - time).maximum(0);
        if (c.flag("do_rotary", false)) {
            Tensor places = c.has(9) ? c.tensor(9).cast(DType.INT32) : past.add(Tensor.arange(time).expandDims(0));
            Tensor cos = c.tensor(7).take(0, places).expandDims(1);
            Tensor sin = c.tensor(8).take(0, places).expandDims(1);
            boolean interleaved = c.flag("rotary_interleaved", false);
            q = Attentions.rotated(q, cos, sin, 2 * cos.dim(3), interleaved);
            k = Attentions.rotated(k, cos, sin, 2 * cos.dim(3), interleaved);
        }
        Tensor keys = cached(c, 3, k, past);
        Tensor values = cached(c, 4, v, past);
        double scale = c.attribute("scale", 0.0) == 0 ? 1 / Math.sqrt(d) : c.attribute("scale", 0.0);
        Tensor scores = q.mul(scale).matmul((heads > own ? keys.repeat(1, heads / own) : keys).transpose());
        double cap = c.attribute("softcap", 0.0);
        Tensor capped = cap > 0 ? scores.div(cap).tanh().mul(cap) : scores;
        Tensor biased = c.has(10) ? capped.add(c.tensor(10)) : capped;
        Tensor seen = seen(c, past, time, keys.dim(2)).broadcastTo(biased.shape());
        Tensor shares = shares(c, biased.where(seen, HIDDEN));
        Tensor y = shares.matmul(heads > own ? values.repeat(1, heads / own) : values);
        List<Value> results = new ArrayList<>(
                List.of(Value.of(c.type(0), Attentions.joined(y)), Value.of(c.type(0), keys), Value.of(c.type(0), values)));
        if (c.wants(3)) {
            results.add(Value.of(c.type(0), c.attribute("qk_output", 0) == 1 ? biased.where(seen, 0) : shares));
        }
        return results;
    }

    /** The past with what is new: simply joined where the cache is full, else written behind each example's past. */
    private static Tensor cached(Call c, int input, Tensor update, Tensor past) {
        int room = c.has(input) ? c.tensor(input).dim(2) : 0;
        int time = update.dim(2);
        int total = c.has(6) ? Math.max(c.integer(6), room) : room + time;
        int batch = update.dim(0);
        if (room == 0 && total == time) {
            return update;
        }
        if (total == room + time && batch == 1) {
            return Tensors.concat(2, c.tensor(input), update);
        }
        Shape shape = update.shape().with(2, total);
        Tensor before = room == 0 ? Tensor.zeros(update.dtype(), shape) : c.tensor(input).pad(2, 0, total - room);
        Tensor ahead = Grid.places(shape, 2).sub(past.reshape(-1, 1, 1, 1));
        Tensor written = update.takeAlong(2, ahead.clamp(0, time - 1));
        Tensor kept = before.where(ahead.less(0), 0);
        return written.where(ahead.greaterEqual(0).and(ahead.less(time)), kept);
    }

    /** Each query sees the keys up to its own place, at most as far back as the window reaches: (batch, 1, queries, keys). */
    private static Tensor seen(Call c, Tensor past, int queries, int keys) {
        boolean together = past.dim(0) == 1 && keys == queries + (c.has(3) ? c.tensor(3).dim(2) : 0);
        Shape square = Shape.of(1, 1, queries, keys);
        Tensor start = together ? Tensor.scalar(DType.INT32, keys - queries) : past.reshape(-1, 1, 1, 1);
        Tensor behind = Grid.places(square, 2).add(start).sub(Grid.places(square, 3));
        int window = c.attribute("local_window_size", -1);
        Tensor before = behind.greaterEqual(0);
        return window > 0 ? before.and(behind.less(window)) : before;
    }

    /** Softmax, where a score of nothing may take a share of its own. */
    private static Tensor shares(Call c, Tensor scores) {
        if (!c.has(11) && !c.flag("smooth_softmax", false)) {
            return scores.softmax(-1);
        }
        Tensor nothing = c.has(11) ? c.tensor(11).cast(scores.dtype()).reshape(1, -1, 1, 1) : Tensor.scalar(scores.dtype(), 0);
        Tensor most = scores.max(Axes.keep(-1)).maximum(nothing);
        Tensor e = scores.sub(most).exp();
        return e.div(e.sum(Axes.keep(-1)).add(nothing.sub(most).exp()));
    }
}
