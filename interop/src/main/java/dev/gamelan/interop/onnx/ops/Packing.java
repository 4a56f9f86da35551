package dev.gamelan.interop.onnx.ops;

import static dev.gamelan.interop.onnx.ops.Registry.MICROSOFT;

import dev.gamelan.interop.onnx.value.ElementType;
import dev.gamelan.interop.onnx.value.Value;
import dev.gamelan.shape.DType;
import dev.gamelan.tensor.Tensor;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Operators of {@code com.microsoft} on batches without their padding: the tokens of all sequences in a row, (tokens, width), and
 * where each was, (batch, time), those of padding behind the others.
 *
 * @see <a href="https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md">their documentation</a>
 */
final class Packing {

    private Packing() {}

    static void register(Registry r) {
        r.op(MICROSOFT, "RemovePadding", 1, Packing::remove);
        r.op(MICROSOFT, "RestorePadding", 1, c -> c.same(restored(c.tensor(0), c.tensor(1))));
        r.op(MICROSOFT, "PackedAttention", 1, Packing::attention);
        r.op(MICROSOFT, "PackedMultiHeadAttention", 1, Packing::multiHead);
    }

    /** Inputs: x (batch, time, width), the tokens of each sequence; outputs: tokens, their places, sums of lengths, the longest. */
    private static List<Value> remove(Call c) {
        Tensor x = c.tensor(0);
        int time = x.dim(1);
        int[] lengths = c.ints(1);
        int[] places = IntStream.range(0, x.dim(0) * time).boxed().sorted((a, b) -> Boolean.compare(a % time >= lengths[a / time],
                b % time >= lengths[b / time])).mapToInt(Integer::intValue).toArray();
        int[] sums = new int[lengths.length + 1];
        for (int i = 0; i < lengths.length; i++) {
            sums[i + 1] = sums[i] + lengths[i];
        }
        Tensor order = Tensor.ofInts(places);
        Tensor tokens = x.reshape(x.dim(0) * time, x.dim(2)).take(0, order.slice(0, 0, sums[lengths.length]));
        return List.of(Value.of(c.type(0), tokens), Value.of(ElementType.INT32, order.reshape(x.dim(0), time)),
                Value.of(ElementType.INT32, Tensor.ofInts(sums)),
                Value.of(ElementType.INT32, Tensor.ofInts(IntStream.of(lengths).max().orElse(0))));
    }

    /** (tokens, width) -> (batch, time, width), zero where there was padding. */
    static Tensor restored(Tensor tokens, Tensor places) {
        int all = places.dim(0) * places.dim(1);
        Tensor order = places.reshape(all).argsort(0);
        return tokens.pad(0, 0, all - tokens.dim(0)).take(0, order).reshape(places.dim(0), places.dim(1), tokens.dim(1));
    }

    private static Tensor packed(Tensor x, Tensor places, int tokens) {
        int all = places.dim(0) * places.dim(1);
        return x.reshape(all, x.dim(2)).take(0, places.reshape(all).slice(0, 0, tokens));
    }

    /** Inputs: tokens, weights, bias, places, sums of lengths, added to the scores. */
    private static List<Value> attention(Call c) {
        Tensor all = c.tensor(0).matmul(c.tensor(1)).add(c.tensor(2));
        int third = all.dim(1) / 3;
        int[] sizes = c.attributeInts("qkv_hidden_sizes").orElseGet(() -> new int[] {third, third, third});
        return attended(c, all.split(1, sizes), 3);
    }

    /** Inputs: query, or all as (tokens, heads, 3, d), key, value, bias, places, sums of lengths, added to the scores. */
    private static List<Value> multiHead(Call c) {
        Tensor q = c.tensor(0);
        List<Tensor> parts = c.has(1) ? List.of(q, c.tensor(1), c.tensor(2))
                : IntStream.range(0, 3).mapToObj(i -> q.select(2, i).reshape(q.dim(0), q.dim(1) * q.dim(3))).toList();
        if (c.has(3)) {
            int[] widths = parts.stream().mapToInt(part -> part.dim(1)).toArray();
            List<Tensor> bias = c.tensor(3).split(0, widths);
            List<Tensor> before = parts;
            parts = IntStream.range(0, 3).mapToObj(i -> before.get(i).add(bias.get(i))).toList();
        }
        return attended(c, parts, 4);
    }

    private static List<Value> attended(Call c, List<Tensor> parts, int from) {
        Tensor places = c.tensor(from);
        Tensor sums = c.tensor(from + 1);
        int batch = places.dim(0);
        int heads = c.attribute("num_heads", 1);
        List<Tensor> whole = parts.stream().map(part -> Attentions.heads(restored(part, places), heads)).toList();
        Tensor q = whole.get(0);
        double scale = c.attribute("scale", 0.0) == 0 ? 1 / Math.sqrt(q.dim(3)) : c.attribute("scale", 0.0);
        Tensor scores = q.mul(scale).matmul(whole.get(1).transpose());
        Tensor biased = c.has(from + 2) ? scores.add(c.tensor(from + 2)) : scores;
        Tensor lengths = sums.slice(0, 1, batch + 1).sub(sums.slice(0, 0, batch)).cast(DType.INT32).reshape(batch, 1, 1, 1);
        Tensor seen = Tensor.arange(places.dim(1)).less(lengths);
        Tensor y = biased.where(seen, Double.NEGATIVE_INFINITY).softmax(-1).matmul(whole.get(2));
        return c.same(packed(Attentions.joined(y), places, parts.getFirst().dim(0)));
    }
}
