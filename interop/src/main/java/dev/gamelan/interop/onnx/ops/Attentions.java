package dev.gamelan.interop.onnx.ops;

import dev.gamelan.interop.onnx.value.ElementType;
import dev.gamelan.interop.onnx.value.Value;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Axes;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.Tensors;
import java.util.List;
import java.util.Optional;

/** {@code Attention} of operator sets 23 and later, rotary embeddings, and caches. */
final class Attentions {

    private Attentions() {}

    static void register(Registry r) {
        r.op("Attention", Attentions::attention);
        r.op("ai.onnx.preview", "FlexAttention", 1, Attentions::flexible);
        r.op("RotaryEmbedding", Attentions::rotary);
        r.op("TensorScatter", Attentions::tensorScatter);
        r.op("SwiGLU", c -> c.same(c.tensor(0).mul(c.tensor(0).mul(c.attribute("alpha", 1.0)).sigmoid()).mul(c.tensor(1))));
    }

    /** (batch, time, heads * d) -> (batch, heads, time, d); of rank 4 as it is. */
    static Tensor heads(Tensor x, int heads) {
        return x.rank() == 4 ? x : x.reshape(x.dim(0), x.dim(1), heads, x.dim(2) / heads).permute(0, 2, 1, 3);
    }

    /** (batch, heads, time, d) -> (batch, time, heads * d). */
    static Tensor joined(Tensor x) {
        return x.permute(0, 2, 1, 3).reshape(x.dim(0), x.dim(2), x.dim(1) * x.dim(3));
    }

    private static List<Value> attention(Call c) {
        boolean packed = c.tensor(0).rank() == 3;
        Tensor q = heads(c.tensor(0), c.attribute("q_num_heads", 1));
        Tensor k = heads(c.tensor(1), c.attribute("kv_num_heads", 1));
        Tensor v = heads(c.tensor(2), c.attribute("kv_num_heads", 1));
        Tensor keys = c.has(4) ? Tensors.concat(2, c.tensor(4), k) : k;
        Tensor values = c.has(5) ? Tensors.concat(2, c.tensor(5), v) : v;
        int past = c.has(4) ? c.tensor(4).dim(2) : 0;
        double scale = c.hasAttribute("scale") ? c.attribute("scale", 1.0) : 1 / Math.sqrt(q.dim(3));
        int repeats = q.dim(1) / keys.dim(1);
        Tensor allKeys = repeats > 1 ? keys.repeat(1, repeats) : keys;
        Tensor allValues = repeats > 1 ? values.repeat(1, repeats) : values;
        Tensor scores = q.matmul(allKeys.transpose()).mul(scale);
        double cap = c.attribute("softcap", 0.0);
        Tensor capped = cap > 0 ? scores.div(cap).tanh().mul(cap) : scores;
        Optional<Tensor> bias = bias(c, q, keys.dim(2), past);
        Tensor biased = bias.map(capped::add).orElse(capped);
        // Where a query may see no key its shares are zeros, and not numbers in the one way that gradients can take.
        Optional<Tensor> none = c.has(3) || c.has(6) || c.attribute("left_window_size", -1) >= 0
                || c.attribute("right_window_size", -1) >= 0
                        ? bias.map(added -> added.max(Axes.keep(-1)).eq(Double.NEGATIVE_INFINITY)) : Optional.empty();
        Tensor open = none.map(rows -> capped.add(Tensor.zeros(q.dtype(), Shape.SCALAR).where(rows, bias.orElseThrow()))).orElse(biased);
        Tensor shares = open.softmax(-1);
        Tensor y = shown(shares.matmul(allValues), none);
        Tensor shown = switch (c.attribute("qk_matmul_output_mode", 0)) {
            case 1 -> capped;
            case 2 -> biased;
            case 3 -> shown(shares, none);
            default -> c.version() < 24 ? scores : capped;
        };
        return List.of(Value.of(c.type(0), packed ? joined(y) : y), Value.of(c.type(1), keys), Value.of(c.type(2), values),
                Value.of(c.type(0), shown));
    }

    /** Inputs: query, key, value (batch, heads, time, d). What the graphs of the node make of scores and shares counts instead. */
    private static List<Value> flexible(Call c) {
        Tensor q = c.tensor(0);
        int repeats = q.dim(1) / c.tensor(1).dim(1);
        Tensor keys = repeats > 1 ? c.tensor(1).repeat(1, repeats) : c.tensor(1);
        Tensor values = repeats > 1 ? c.tensor(2).repeat(1, repeats) : c.tensor(2);
        int asked = c.attribute("softmax_precision", 0);
        ElementType precision = asked != 0 ? ElementType.of(asked) : c.type(0) == ElementType.DOUBLE ? ElementType.DOUBLE
                : ElementType.FLOAT;
        Tensor scores = q.matmul(keys.transpose()).mul(c.attribute("scale", 1 / Math.sqrt(q.dim(3)))).cast(precision.carrier());
        Tensor shares = modified(c, "score_mod", precision, scores).softmax(-1);
        return c.same(modified(c, "prob_mod", precision, shares).cast(values.dtype()).matmul(values));
    }

    private static Tensor modified(Call c, String graph, ElementType type, Tensor x) {
        return c.hasAttribute(graph) ? Call.numbers(c.body(graph).apply(List.of(Value.of(type, x))).getFirst()).tensor() : x;
    }

    /** Zeros for the queries that see no key. */
    private static Tensor shown(Tensor x, Optional<Tensor> none) {
        return none.map(rows -> x.zerosLike().where(rows.broadcastTo(x.shape()), x)).orElse(x);
    }

    /** What is added to the scores; nothing if every query sees every key. */
    private static Optional<Tensor> bias(Call c, Tensor q, int keys, int past) {
        int queries = q.dim(2);
        Optional<Tensor> bias = Optional.empty();
        if (c.has(3)) {
            Tensor mask = c.tensor(3);
            int missing = keys - mask.dim(-1);
            boolean logical = mask.dtype() == DType.BOOL;
            Tensor added = logical ? hidden(mask, q.dtype()) : mask.cast(q.dtype());
            bias = Optional.of(missing > 0 ? added.pad(-1, 0, missing, Double.NEGATIVE_INFINITY) : added);
        }
        Shape square = Shape.of(queries, keys);
        // How far the query stands behind the key.
        Tensor behind = Grid.places(square, 0).sub(Grid.places(square, 1));
        Tensor lengths = c.has(6) ? c.tensor(6).cast(DType.INT32).reshape(-1, 1, 1, 1) : Tensor.scalar(DType.INT32, 0);
        Tensor start = c.has(6) && !c.has(4) ? lengths.sub(queries) : Tensor.scalar(DType.INT32, past);
        Tensor distance = behind.add(start);
        if (c.flag("is_causal", false)) {
            bias = plus(bias, hidden(distance.greaterEqual(0), q.dtype()));
        }
        int left = c.attribute("left_window_size", -1);
        int right = c.attribute("right_window_size", -1);
        if (left >= 0) {
            bias = plus(bias, hidden(distance.lessEqual(left), q.dtype()));
        }
        if (right >= 0) {
            bias = plus(bias, hidden(distance.greaterEqual(-right), q.dtype()));
        }
        if (c.has(6)) {
            bias = plus(bias, hidden(Grid.places(square, 1).less(lengths), q.dtype()));
        }
        return bias;
    }

    private static Optional<Tensor> plus(Optional<Tensor> bias, Tensor more) {
        return Optional.of(bias.map(more::add).orElse(more));
    }

    /** 0 where a key is seen, minus infinity elsewhere. */
    static Tensor hidden(Tensor seen, DType dtype) {
        return Tensor.zeros(dtype, seen.shape()).where(seen, Double.NEGATIVE_INFINITY);
    }

    // ---- rotary embedding -------------------------------------------------------------------------------------------

    /** Pairs of features turned by an angle that grows with the position (Su et al., 2021). */
    private static List<Value> rotary(Call c) {
        Tensor given = c.tensor(0);
        int width = c.attribute("num_heads", 0);
        Tensor x = given.rank() == 4 ? given : heads(given, Math.max(1, width));
        Tensor cos = c.has(3) ? c.tensor(1).take(0, c.tensor(3)) : c.tensor(1);
        Tensor sin = c.has(3) ? c.tensor(2).take(0, c.tensor(3)) : c.tensor(2);
        Tensor y = rotated(x, cos.expandDims(1), sin.expandDims(1), c.attribute("rotary_embedding_dim", 0), c.flag("interleaved", false));
        return c.same(given.rank() == 4 ? y : joined(y));
    }

    /** x: (batch, heads, time, d); cos, sin: (batch, 1, time, d / 2). */
    static Tensor rotated(Tensor x, Tensor cos, Tensor sin, int features, boolean interleaved) {
        int d = features == 0 ? x.dim(3) : features;
        Tensor turned = x.slice(3, 0, d);
        Tensor a = interleaved ? turned.slice(3, 0, d, 2) : turned.slice(3, 0, d / 2);
        Tensor b = interleaved ? turned.slice(3, 1, d, 2) : turned.slice(3, d / 2, d);
        Tensor first = cos.mul(a).sub(sin.mul(b));
        Tensor second = sin.mul(a).add(cos.mul(b));
        Tensor result = interleaved ? Tensors.stack(-1, first, second).reshape(turned.shape()) : Tensors.concat(3, first, second);
        return d == x.dim(3) ? result : Tensors.concat(3, result, x.slice(3, d, x.dim(3)));
    }

    // ---- caches ------------------------------------------------------------------------------------------------------

    /** (cache, update, first places): the update written along an axis, from a place of each example's own on. */
    private static List<Value> tensorScatter(Call c) {
        return Moves.of(c, List.of(c.value(0), c.value(1)), parts -> scattered(c, parts.get(0), parts.get(1)));
    }

    private static Tensor scattered(Call c, Tensor cache, Tensor update) {
        int axis = cache.shape().axis(c.attribute("axis", -2));
        int extent = cache.dim(axis);
        int length = update.dim(axis);
        Tensor first = c.has(2) ? Grid.along(c.tensor(2).cast(DType.INT32), 0, cache.rank()) : Tensor.scalar(DType.INT32, 0);
        Tensor ahead = Grid.places(cache.shape(), axis).sub(first);
        Tensor place = c.attribute("mode", "linear").equals("circular") ? ahead.mod(extent) : ahead;
        Tensor inside = place.greaterEqual(0).and(place.less(length));
        Tensor written = update.takeAlong(axis, place.clamp(0, length - 1));
        return written.where(inside, cache);
    }
}
