package dev.gamelan.interop.onnx.ops;

import static dev.gamelan.interop.onnx.ops.Registry.MICROSOFT;

import dev.gamelan.interop.onnx.value.ElementType;
import dev.gamelan.interop.onnx.value.Value;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import dev.gamelan.shape.ShapeException;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** Attention and rotary embeddings of {@code com.microsoft}. */
final class MicrosoftAttentions {

    private MicrosoftAttentions() {}

    static void register(Registry r) {
        r.op(MICROSOFT, "Attention", 1, MicrosoftAttentions::attention);
        r.op(MICROSOFT, "QAttention", 1, MicrosoftAttentions::quantized);
        r.op(MICROSOFT, "MultiHeadAttention", 1, MicrosoftAttentions::multiHead);
        r.op(MICROSOFT, "DecoderMaskedMultiHeadAttention", 1, MicrosoftAttentions::oneStep);
        r.op(MICROSOFT, "RotaryEmbedding", 1, MicrosoftAttentions::rotary);
        r.op(MICROSOFT, "MRotaryEmbedding", 1, MicrosoftAttentions::rotaryOfThree);
    }

    /** Inputs: x, weights, bias, mask, past (2, batch, heads, time, d), added to the scores. */
    private static List<Value> attention(Call c) {
        if (c.flag("do_rotary", false)) {
            throw Call.unsupported("a RotaryEmbedding of its own", "do_rotary");
        }
        Tensor projected = c.tensor(0).matmul(c.tensor(1));
        return attention(c, c.type(0), c.has(2) ? projected.add(c.tensor(2)) : projected, 3, 4, 5);
    }

    /** Inputs: x and weights in integers, bias, their scales, mask, their zero points, past. */
    private static List<Value> quantized(Call c) {
        Tensor product = Products.exact(c, 0, 1, MicrosoftIntegers.zero(c, 6), MicrosoftIntegers.zero(c, 7)).cast(DType.FLOAT32);
        Tensor scale = MicrosoftIntegers.zero(c, 3).mul(MicrosoftIntegers.zero(c, 4));
        return attention(c, c.type(2), product.mul(scale).add(c.tensor(2)), 5, 8, Integer.MAX_VALUE);
    }

    private static List<Value> attention(Call c, ElementType type, Tensor all, int mask, int past, int added) {
        int heads = c.attribute("num_heads", 1);
        int[] sizes = c.attributeInts("qkv_hidden_sizes").orElseGet(() -> IntStream.range(0, 3).map(_ -> all.dim(2) / 3).toArray());
        List<Tensor> parts = all.split(2, sizes).stream().map(part -> Attentions.heads(part, heads)).toList();
        Tensor keys = c.has(past) ? Tensors.concat(2, c.tensor(past).select(0, 0), parts.get(1)) : parts.get(1);
        Tensor values = c.has(past) ? Tensors.concat(2, c.tensor(past).select(0, 1), parts.get(2)) : parts.get(2);
        Tensor y = attended(c, parts.get(0), keys, values, mask, added, keys.dim(2) - parts.get(1).dim(2));
        List<Value> results = new ArrayList<>(List.of(Value.of(type, Attentions.joined(y))));
        if (c.wants(1)) {
            results.add(Value.of(type, Tensors.stack(0, keys, values)));
        }
        return results;
    }

    /**
     * Inputs: query, key, value, bias, key mask, added to the scores, past key, past value; outputs y, keys, values. Query, key
     * and value may come packed: all as (batch, time, heads, 3, d), or the latter two as (batch, time, heads, 2, d).
     */
    private static List<Value> multiHead(Call c) {
        int heads = c.attribute("num_heads", 1);
        Tensor q = c.tensor(0);
        List<Tensor> parts;
        if (!c.has(1)) {
            parts = List.of(packed(q, 0), packed(q, 1), packed(q, 2));
        } else if (!c.has(2)) {
            parts = List.of(q, packed(c.tensor(1), 0), packed(c.tensor(1), 1));
        } else {
            parts = List.of(q, c.tensor(1), c.tensor(2));
        }
        parts = biased(c, parts, 3, true);
        Tensor keys = Attentions.heads(parts.get(1), heads);
        Tensor values = Attentions.heads(parts.get(2), heads);
        if (c.has(8)) {
            throw Call.unsupported("a past as long as its tensors", "past_sequence_length");
        }
        int past = c.has(6) ? c.tensor(6).dim(2) : 0;
        keys = c.has(6) ? Tensors.concat(2, c.tensor(6), keys) : keys;
        values = c.has(7) ? Tensors.concat(2, c.tensor(7), values) : values;
        Tensor y = attended(c, Attentions.heads(parts.get(0), heads), keys, values, 4, 5, past);
        return List.of(Value.of(c.type(0), Attentions.joined(y)), Value.of(c.type(0), keys), Value.of(c.type(0), values));
    }

    private static Tensor packed(Tensor x, int i) {
        return x.select(3, i).reshape(x.dim(0), x.dim(1), x.dim(2) * x.dim(4));
    }

    /** Keys and values of rank 4 have theirs already. */
    private static List<Tensor> biased(Call c, List<Tensor> parts, int input, boolean all) {
        if (!c.has(input)) {
            return parts;
        }
        List<Tensor> results = new ArrayList<>();
        int from = 0;
        for (Tensor part : parts) {
            boolean own = part.rank() == 3 && (all || results.isEmpty());
            int width = part.rank() == 3 ? part.dim(2) : part.dim(1) * part.dim(3);
            results.add(own ? part.add(c.tensor(input).slice(0, from, from + width)) : part);
            from += width;
        }
        return results;
    }

    /**
     * One step of a decoder. Inputs: query, key, value (batch, 1, width) or (batch, heads, time, d), mask, added to the scores, past
     * key and value, the length of the past, width of the beam, which beam each key came from, bias. With a buffer that past and present
     * share, the new key is written behind the past, and nothing after it is seen.
     */
    private static List<Value> oneStep(Call c) {
        int heads = c.attribute("num_heads", 1);
        if (c.has(8) && c.integer(8) > 1) {
            throw Call.unsupported("a beam of width 1", "beam_width " + c.integer(8));
        }
        boolean cross = c.has(1) && c.tensor(1).rank() == 4;
        Tensor first = c.tensor(0);
        int third = first.dim(2) / 3;
        List<Tensor> given = c.has(1) ? List.of(first, c.tensor(1), c.tensor(2)) : first.split(2, new int[] {third, third, third});
        List<Tensor> parts = biased(c, given, 10, !cross).stream().map(part -> Attentions.heads(part, heads)).toList();
        Tensor keys = parts.get(1);
        Tensor values = parts.get(2);
        if (c.has(5) && c.flag("past_present_share_buffer", false)) {
            int past = c.integer(7);
            keys = written(c.tensor(5), keys, past);
            values = written(c.tensor(6), values, past);
            Tensor y = attended(c, parts.get(0), keys.slice(2, 0, past + 1), values.slice(2, 0, past + 1), 3, 4, past);
            return List.of(Value.of(c.type(0), Attentions.joined(y)), Value.of(c.type(0), keys), Value.of(c.type(0), values));
        }
        keys = c.has(5) ? Tensors.concat(2, c.tensor(5), keys) : keys;
        values = c.has(6) ? Tensors.concat(2, c.tensor(6), values) : values;
        Tensor y = attended(c, parts.get(0), keys, values, 3, 4, keys.dim(2) - 1);
        return List.of(Value.of(c.type(0), Attentions.joined(y)), Value.of(c.type(0), keys), Value.of(c.type(0), values));
    }

    private static Tensor written(Tensor buffer, Tensor update, int at) {
        if (at < 0 || at >= buffer.dim(2)) {
            throw ShapeException.of("there is no room for the new key", "a past shorter than " + buffer.dim(2), "" + at);
        }
        return Tensors.concat(2, buffer.slice(2, 0, at), update, buffer.slice(2, at + 1, buffer.dim(2)));
    }

    /**
     * @param mask the input that says which keys are seen, in one of several forms
     * @param past how many keys were there before those of the first query
     */
    private static Tensor attended(Call c, Tensor q, Tensor keys, Tensor values, int mask, int added, int past) {
        double scale = c.attribute("scale", 0.0) == 0 ? 1 / Math.sqrt(q.dim(3)) : c.attribute("scale", 0.0);
        Tensor scores = q.mul(scale).matmul(keys.transpose());
        double filter = c.attribute("mask_filter_value", -10000.0);
        if (c.has(mask)) {
            Tensor seen = seen(c.tensor(mask), q.dim(0), q.dim(2), keys.dim(2));
            scores = scores.add(Tensor.zeros(q.dtype(), seen.shape()).where(seen, filter));
        }
        if (c.flag("unidirectional", false)) {
            scores = scores.where(untilNow(q.dim(2), keys.dim(2), past), -Float.MAX_VALUE);
        }
        scores = c.has(added) ? scores.add(c.tensor(added)) : scores;
        return scores.softmax(-1).matmul(values);
    }

    /** (queries, keys): those up to each query. Of keys of something else, whose number is another, the last query sees all, as in ONNX Runtime. */
    private static Tensor untilNow(int queries, int keys, int past) {
        if (past + queries == keys) {
            return Tensors.causalMask(queries, keys);
        }
        Tensor query = Tensor.arange(queries).expandDims(1);
        return Tensor.arange(keys).lessEqual(query.add(past)).or(query.eq(queries - 1));
    }

    /**
     * From (batch, keys), (batch, queries, keys) of 0 and 1, (batch, 1, most, most) of which a part counts, (batch) ends, or (2 batch)
     * ends and starts.
     */
    private static Tensor seen(Tensor mask, int batch, int queries, int keys) {
        Tensor numbers = mask.cast(DType.INT32);
        if (mask.rank() == 1) {
            Tensor place = Tensor.arange(keys);
            Tensor before = place.less(numbers.slice(0, 0, batch).reshape(-1, 1, 1, 1));
            return mask.dim(0) == 2 * batch
                    ? before.and(place.greaterEqual(numbers.slice(0, batch, 2 * batch).reshape(-1, 1, 1, 1))) : before;
        }
        Tensor truth = numbers.ne(0);
        return switch (mask.rank()) {
            case 2 -> truth.reshape(mask.dim(0), 1, 1, mask.dim(1));
            case 3 -> truth.expandDims(1);
            default -> truth.slice(2, keys - queries, keys).slice(3, 0, keys);
        };
    }

    // ---- rotary embeddings -----------------------------------------------------------------------------------------------

    /** Inputs: x, position ids (batch, time) or the first one, cos and sin tables. */
    private static List<Value> rotary(Call c) {
        Tensor x = split(c);
        Tensor places = c.tensor(1).size() == 1
                ? Tensor.arange(x.dim(2)).add(c.tensor(1).cast(DType.INT32).reshape(Shape.SCALAR)).expandDims(0)
                : c.tensor(1);
        return turned(c, x, c.tensor(2).take(0, places), c.tensor(3).take(0, places));
    }

    private static Tensor split(Call c) {
        Tensor given = c.tensor(0);
        int heads = c.attribute("num_heads", 0) > 0 ? c.attribute("num_heads", 0) : given.rank() == 4 ? given.dim(1)
                : given.dim(2) / (2 * c.tensor(2).dim(1));
        return Attentions.heads(given, heads);
    }

    private static List<Value> turned(Call c, Tensor x, Tensor cos, Tensor sin) {
        Tensor y = Attentions.rotated(x, cos.expandDims(1), sin.expandDims(1), c.attribute("rotary_embedding_dim", 0),
                c.flag("interleaved", false));
        return c.same(c.tensor(0).rank() == 4 ? y : Attentions.joined(y));
    }

    /** Each angle follows one of three positions: (3, batch, time) of time, height and width (Wang et al., 2024). */
    private static List<Value> rotaryOfThree(Call c) {
        int[] sections = c.attributeInts("mrope_section").orElseThrow(() -> Call.unsupported("an mrope_section", "none"));
        boolean inTurn = c.attribute("mrope_layout", 0) == 1;
        int angles = c.tensor(2).dim(1);
        int[] stream = IntStream.range(0, angles)
                .map(i -> inTurn ? i % 3 > 0 && i < 3 * sections[i % 3] ? i % 3 : 0
                        : i < sections[0] ? 0 : i < sections[0] + sections[1] ? 1 : 2)
                .toArray();
        return turned(c, split(c), ofThree(c, 2, stream), ofThree(c, 3, stream));
    }

    private static Tensor ofThree(Call c, int table, int[] stream) {
        Tensor all = c.tensor(table).take(0, c.tensor(1));
        Tensor owner = Tensor.ofInts(stream);
        Tensor later = all.select(0, 1).where(owner.eq(1), all.select(0, 2));
        return all.select(0, 0).where(owner.eq(0), later);
    }
}
