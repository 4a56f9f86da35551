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
import java.util.Optional;

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

    /** The first three inputs, which may be packed in the first: (batch, time, heads of each times d). */
    static List<Tensor> queryKeyValue(Call c, int heads, int own) {
        Tensor query = c.tensor(0);
        if (c.has(1)) {
            return List.of(query, c.tensor(1), c.tensor(2));
        }
        int d = query.dim(2) / (heads + 2 * own);
        return query.split(2, new int[] {heads * d, own * d, own * d});
    }

    /**
     * What the queries look at.
     *
     * @param seen which keys each query sees: (batch or 1, 1, queries, keys)
     * @param kept the cache that is given on, of keys and of values
     */
    private record Looked(Tensor keys, Tensor values, Tensor seen, Tensor keptKeys, Tensor keptValues) {}

    /**
     * Inputs: query, key, value (or all packed in the first), past key and value (batch, heads, room, d), lengths less one
     * (batch), total length, cos and sin tables, positions, what is added to scores, a score of nothing for each head, scales of a
     * cache of few bits, scales of a norm of queries and keys.
     * The cache is as long as the past, or has room for more: an example's new keys come right after its own past.
     */
    private static List<Value> attention(Call c) {
        int heads = c.attribute("num_heads", 1);
        int own = c.attribute("kv_num_heads", 1);
        List<Tensor> packed = queryKeyValue(c, heads, own);
        int d = packed.getFirst().dim(2) / heads;
        Tensor q = normed(c, Attentions.heads(packed.get(0), heads), 14);
        Tensor k = normed(c, Attentions.heads(packed.get(1), own), 15);
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
        CacheCode keyCode = CacheCode.of(c, "k", 3, 12);
        CacheCode valueCode = CacheCode.of(c, "v", 4, 13);
        Looked looked = c.flag("sliding_window_cache", false) ? sliding(c, keyCode.coded(k), valueCode.coded(v), past)
                : whole(c, keyCode.coded(k), valueCode.coded(v), past);
        Tensor keys = keyCode.decoded(looked.keys);
        Tensor values = valueCode.decoded(looked.values);
        double scale = c.attribute("scale", 0.0) == 0 ? 1 / Math.sqrt(d) : c.attribute("scale", 0.0);
        Tensor scores = q.mul(scale).matmul((heads > own ? keys.repeat(1, heads / own) : keys).transpose());
        double cap = c.attribute("softcap", 0.0);
        Tensor capped = cap > 0 ? scores.div(cap).tanh().mul(cap) : scores;
        Tensor biased = c.has(10) ? capped.add(c.tensor(10)) : capped;
        Tensor seen = looked.seen.broadcastTo(biased.shape());
        Tensor shares = shares(c, biased.where(seen, HIDDEN));
        Tensor y = shares.matmul(heads > own ? values.repeat(1, heads / own) : values);
        List<Value> results = new ArrayList<>(List.of(Value.of(c.type(0), Attentions.joined(y)),
                Value.of(keyCode.type(), keyCode.packed(looked.keptKeys)),
                Value.of(valueCode.type(), valueCode.packed(looked.keptValues))));
        if (c.wants(3)) {
            results.add(Value.of(c.type(0), c.attribute("qk_output", 0) == 1 ? biased.where(seen, 0) : shares));
        }
        return results;
    }

    /** Each head divided by the root of its mean square, if there is a scale. */
    private static Tensor normed(Call c, Tensor x, int scale) {
        return c.has(scale) ? x.mul(x.square().mean(Axes.keep(-1)).add(c.attribute("qk_norm_epsilon", 1e-6)).rsqrt()).mul(c.tensor(scale))
                : x;
    }

    /** A cache of all that was. */
    private static Looked whole(Call c, Tensor k, Tensor v, Tensor past) {
        Optional<Tensor> pastKeys = past(c, "k", 3, 12);
        Tensor keys = cached(c, pastKeys, k, past);
        Tensor values = cached(c, past(c, "v", 4, 13), v, past);
        return new Looked(keys, values, seen(c, past, k.dim(2), keys.dim(2), pastKeys.map(before -> before.dim(2)).orElse(0)), keys,
                values);
    }

    private static Optional<Tensor> past(Call c, String letter, int input, int scale) {
        return c.has(input) ? Optional.of(CacheCode.of(c, letter, input, scale).unpacked(c.tensor(input))) : Optional.empty();
    }

    /** The past with what is new: simply joined where the cache is full, else written behind each example's past. */
    private static Tensor cached(Call c, Optional<Tensor> cache, Tensor update, Tensor past) {
        int room = cache.map(before -> before.dim(2)).orElse(0);
        int time = update.dim(2);
        int total = c.has(6) ? Math.max(c.integer(6), room) : room + time;
        int batch = update.dim(0);
        if (room == 0 && total == time) {
            return update;
        }
        if (cache.isPresent() && total == room + time && batch == 1) {
            return Tensors.concat(2, cache.get(), update);
        }
        Shape shape = update.shape().with(2, total);
        Tensor before = room == 0 ? Tensor.zeros(update.dtype(), shape) : cache.orElseThrow().pad(2, 0, total - room);
        return written(before.where(ahead(shape, past).less(0), 0), update, past);
    }

    /** A cache with what is new behind each example's past. */
    static Tensor written(Tensor cache, Tensor update, Tensor past) {
        int time = update.dim(2);
        Tensor ahead = ahead(cache.shape(), past);
        return update.takeAlong(2, ahead.clamp(0, time - 1)).where(ahead.greaterEqual(0).and(ahead.less(time)), cache);
    }

    private static Tensor ahead(Shape cache, Tensor past) {
        return Grid.places(cache, 2).sub(past.reshape(-1, 1, 1, 1));
    }

    /** Each query sees the keys up to its own place, at most as far back as the window reaches: (batch, 1, queries, keys). */
    private static Tensor seen(Call c, Tensor past, int queries, int keys, int room) {
        boolean together = past.dim(0) == 1 && keys == queries + room;
        Shape square = Shape.of(1, 1, queries, keys);
        Tensor start = together ? Tensor.scalar(DType.INT32, keys - queries) : past.reshape(-1, 1, 1, 1);
        if (!c.flag("causal", true)) {
            return Grid.places(square, 3).less(start.add(queries));
        }
        return within(c, Grid.places(square, 2).add(start).sub(Grid.places(square, 3)));
    }

    private static Tensor within(Call c, Tensor behind) {
        int window = c.attribute("local_window_size", -1);
        Tensor before = behind.greaterEqual(0);
        return window > 0 ? before.and(behind.less(window)) : before;
    }

    /**
     * A cache with room for some more than a window. When it is full only as much stays as the next query sees, so how much is in it
     * follows from how many tokens there were.
     */
    private static Looked sliding(Call c, Tensor k, Tensor v, Tensor past) {
        int window = c.attribute("local_window_size", -1);
        int room = c.has(3) ? c.tensor(3).dim(2) : 0;
        if (window < 1 || room < window) {
            throw Call.unsupported("with sliding_window_cache a window, and a cache with room for it", "a window of " + window
                    + " and room for " + room);
        }
        int time = k.dim(2);
        Tensor before = past.reshape(-1, 1, 1, 1);
        Tensor held = held(before, window, room);
        Tensor keys = Tensors.concat(2, past(c, "k", 3, 12).orElseThrow(), k);
        Tensor values = Tensors.concat(2, past(c, "v", 4, 13).orElseThrow(), v);
        Shape square = Shape.of(1, 1, time, room + time);
        Tensor column = Grid.places(square, 3);
        Tensor isNew = column.greaterEqual(room);
        Tensor place = column.add(before.sub(held)).where(isNew.not(), column.add(before.sub(room)));
        Tensor seen = within(c, Grid.places(square, 2).add(before).sub(place)).and(isNew.or(column.less(held)));
        Tensor after = held(before.add(time), window, room);
        Shape kept = Shape.of(1, 1, room, 1);
        Tensor row = Grid.places(kept, 2);
        Tensor source = row.add(before.add(time)).sub(after);
        Tensor from = source.sub(before).add(room).where(source.greaterEqual(before), source.sub(before).add(held)).clamp(0,
                room + time - 1);
        Tensor inside = row.less(after);
        return new Looked(keys, values, seen, taken(keys, from, inside), taken(values, from, inside));
    }

    /** How many of so many tokens the cache holds. */
    private static Tensor held(Tensor tokens, int window, int room) {
        return tokens.where(tokens.lessEqual(room), tokens.sub(room + 1).rem(room - window + 1).add(window));
    }

    private static Tensor taken(Tensor x, Tensor from, Tensor inside) {
        Shape shape = x.shape().with(2, from.dim(2));
        return x.takeAlong(2, from.broadcastTo(shape)).where(inside.broadcastTo(shape), 0);
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
