package dev.gamelan.interop.onnx.ops;

import static dev.gamelan.interop.onnx.ops.Registry.MICROSOFT;

import dev.gamelan.interop.onnx.value.ElementType;
import dev.gamelan.interop.onnx.value.Value;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Operators of the domain {@code com.microsoft}, which ONNX Runtime's optimizer and exporters that use it emit.
 *
 * @see <a href="https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md">their documentation</a>
 */
final class Microsoft {

    private Microsoft() {}

    static void register(Registry r) {
        op(r, "Gelu", c -> c.same(c.tensor(0).gelu()));
        op(r, "FastGelu", c -> c.same((c.has(1) ? c.tensor(0).add(c.tensor(1)) : c.tensor(0)).geluTanh()));
        op(r, "QuickGelu", c -> c.same(c.tensor(0).mul(c.tensor(0).mul(c.attribute("alpha", 1.702)).sigmoid())));
        op(r, "BiasGelu", c -> c.same(c.tensor(0).add(c.tensor(1)).gelu()));
        op(r, "BiasAdd", c -> c.same(c.tensor(0).add(c.tensor(1)).add(c.tensor(2))));
        op(r, "BiasSplitGelu", c -> c.same(gated(c.tensor(0).add(c.tensor(1)))));
        op(r, "FusedMatMul", Microsoft::fusedMatmul);
        op(r, "TransposeMatMul", Microsoft::fusedMatmul);
        op(r, "FusedGemm", Microsoft::fusedGemm);
        op(r, "FusedConv", Microsoft::fusedConv);
        op(r, "SkipLayerNormalization", c -> skipNorm(c, false)).op(MICROSOFT, "SkipSimplifiedLayerNormalization", 1,
                c -> skipNorm(c, true));
        op(r, "SimplifiedLayerNormalization", c -> c.same(Norms.rms(c, c.attribute("axis", -1))));
        r.op("SimplifiedLayerNormalization", c -> c.same(Norms.rms(c, c.attribute("axis", -1))));
        op(r, "LayerNormalization", c -> Norms.layer(c, c.tensor(0), 1, 2));
        op(r, "EmbedLayerNormalization", Microsoft::embed);
        op(r, "Attention", Microsoft::attention);
        op(r, "MultiHeadAttention", Microsoft::multiHead);
        op(r, "RotaryEmbedding", Microsoft::rotary);
        op(r, "MatMulIntegerToFloat", Microsoft::matmulIntegerToFloat);
        op(r, "DynamicQuantizeMatMul", Microsoft::dynamicQuantizeMatmul);
        op(r, "QLinearAdd", c -> quantizedBinary(c, Tensor::add)).op(MICROSOFT, "QLinearMul", 1, c -> quantizedBinary(c, Tensor::mul));
        op(r, "QLinearSigmoid", c -> quantizedUnary(c, 3, x -> x.sigmoid()));
        op(r, "QLinearLeakyRelu", c -> quantizedUnary(c, 3, x -> x.leakyRelu(c.attribute("alpha", 0.01))));
        op(r, "QLinearSoftmax", c -> quantizedUnary(c, 3, x -> x.softmax(c.attribute("axis", -1))));
        op(r, "QLinearGlobalAveragePool", Microsoft::quantizedPool);
        op(r, "QLinearConcat", Microsoft::quantizedConcat);
    }

    private static Registry op(Registry r, String name, Operator operator) {
        return r.op(MICROSOFT, name, 1, operator);
    }

    private static Tensor gated(Tensor x) {
        int half = x.dim(-1) / 2;
        return x.slice(-1, 0, half).mul(x.slice(-1, half, 2 * half).gelu());
    }

    private static List<Value> fusedMatmul(Call c) {
        Tensor a = oriented(c.tensor(0), c.flag("transA", false), c.flag("transBatchA", false));
        Tensor b = oriented(c.tensor(1), c.flag("transB", false), c.flag("transBatchB", false));
        double alpha = c.attribute("alpha", 1.0);
        Tensor product = a.matmul(b);
        return c.same(alpha == 1 ? product : product.mul(alpha));
    }

    private static Tensor oriented(Tensor x, boolean transposed, boolean batched) {
        Tensor moved = batched && x.rank() > 2 ? x.moveAxis(0, x.rank() - 2) : x;
        return transposed && moved.rank() > 1 ? moved.transpose() : moved;
    }

    private static Tensor activated(Call c, Tensor x, String name) {
        double[] parameters = c.attributeDoubles("activation_params").orElse(new double[0]);
        double alpha = parameters.length > 0 ? parameters[0] : c.attribute("activation_alpha", 0.01);
        return switch (name) {
            case "" -> x;
            case "Relu" -> x.relu();
            case "Sigmoid" -> x.sigmoid();
            case "Tanh" -> x.tanh();
            case "LeakyRelu" -> x.leakyRelu(alpha);
            case "Clip" -> x.clamp(parameters[0], parameters[1]);
            case "HardSigmoid" -> Activations.hardSigmoid(x, parameters[0], parameters[1]);
            default -> throw Call.unsupported("an activation of ONNX Runtime's list", name);
        };
    }

    private static List<Value> fusedGemm(Call c) {
        Value.Numbers y = Call.numbers(Products.gemm(c).getFirst());
        return List.of(y.with(activated(c, y.tensor(), c.attribute("activation", ""))));
    }

    /** Inputs: x, w, bias, and what is added before the activation. */
    private static List<Value> fusedConv(Call c) {
        Value.Numbers y = Call.numbers(Windows.conv(c).getFirst());
        Tensor sum = c.has(3) ? y.tensor().add(c.tensor(3)) : y.tensor();
        return List.of(y.with(activated(c, sum, c.attribute("activation", ""))));
    }

    /** Inputs: x, skip, gamma, beta (unless simplified), bias; outputs y, mean, deviation, sum. */
    private static List<Value> skipNorm(Call c, boolean simplified) {
        int bias = simplified ? 3 : 4;
        Tensor sum = c.tensor(0).add(c.tensor(1));
        Tensor x = c.has(bias) ? sum.add(c.tensor(bias)) : sum;
        List<Value> results = new ArrayList<>();
        if (simplified) {
            Tensor scale = x.square().mean(dev.gamelan.tensor.Axes.keep(-1)).add(c.attribute("epsilon", 1e-5)).rsqrt();
            results.add(Value.of(c.type(0), x.mul(scale).mul(c.tensor(2))));
            results.add(Value.of(scale));
            results.add(Value.of(scale));
        } else {
            results.addAll(Norms.layer(c, x, 2, 3));
        }
        results.add(Value.of(c.type(0), x));
        return results;
    }

    /** Inputs: ids, segment ids, word, position and segment tables, gamma, beta, mask, position ids. */
    private static List<Value> embed(Call c) {
        Tensor ids = c.tensor(0);
        Tensor words = c.tensor(2).take(0, ids);
        Tensor places = c.has(8) ? c.tensor(3).take(0, c.tensor(8)) : c.tensor(3).slice(0, 0, ids.dim(1));
        Tensor sum = words.add(places);
        Tensor x = c.has(1) && c.has(4) ? sum.add(c.tensor(4).take(0, c.tensor(1))) : sum;
        Value.Numbers y = Call.numbers(Norms.layer(c, x.cast(DType.FLOAT32), 5, 6).getFirst());
        Tensor count = c.has(7) ? c.tensor(7).cast(DType.INT32).sum(1) : Tensor.zeros(DType.INT32, Shape.of(ids.dim(0)));
        return List.of(Value.of(c.type(2), y.tensor()), Value.of(ElementType.INT32, count), Value.of(c.type(2), x));
    }

    // ---- attention ---------------------------------------------------------------------------------------------------

    /** Inputs: x, weights, bias, mask, past (2, batch, heads, time, d), added to the scores. */
    private static List<Value> attention(Call c) {
        int heads = c.attribute("num_heads", 1);
        Tensor x = c.tensor(0);
        Tensor projected = x.matmul(c.tensor(1));
        Tensor all = c.has(2) ? projected.add(c.tensor(2)) : projected;
        int[] sizes = c.attributeInts("qkv_hidden_sizes").orElseGet(() -> IntStream.range(0, 3).map(_ -> all.dim(2) / 3).toArray());
        List<Tensor> parts = all.split(2, sizes).stream().map(part -> Attentions.heads(part, heads)).toList();
        Tensor keys = c.has(4) ? Tensors.concat(2, c.tensor(4).select(0, 0), parts.get(1)) : parts.get(1);
        Tensor values = c.has(4) ? Tensors.concat(2, c.tensor(4).select(0, 1), parts.get(2)) : parts.get(2);
        Tensor y = attended(c, parts.get(0), keys, values, 3, 5);
        List<Value> results = new ArrayList<>(c.same(Attentions.joined(y)));
        results.add(Value.of(c.type(0), Tensors.stack(0, keys, values)));
        return results;
    }

    /** Inputs: query, key, value, bias, key mask, added to the scores, past key, past value; outputs y, keys, values. */
    private static List<Value> multiHead(Call c) {
        int heads = c.attribute("num_heads", 1);
        if (!c.has(1)) {
            throw Call.unsupported("query, key and value of their own", "packed ones");
        }
        int width = c.tensor(0).dim(2);
        Tensor q = c.tensor(0);
        Tensor k = c.tensor(1);
        Tensor v = c.tensor(2);
        if (c.has(3)) {
            q = q.add(c.tensor(3).slice(0, 0, width));
            k = k.rank() == 3 ? k.add(c.tensor(3).slice(0, width, 2 * width)) : k;
            v = v.rank() == 3 ? v.add(c.tensor(3).slice(0, 2 * width, c.tensor(3).dim(0))) : v;
        }
        Tensor keys = Attentions.heads(k, heads);
        Tensor values = Attentions.heads(v, heads);
        keys = c.has(6) ? Tensors.concat(2, c.tensor(6), keys) : keys;
        values = c.has(7) ? Tensors.concat(2, c.tensor(7), values) : values;
        Tensor y = attended(c, Attentions.heads(q, heads), keys, values, 4, 5);
        return List.of(Value.of(c.type(0), Attentions.joined(y)), Value.of(c.type(0), keys), Value.of(c.type(0), values));
    }

    /** @param mask the input that says which keys are seen, in one of several forms */
    private static Tensor attended(Call c, Tensor q, Tensor keys, Tensor values, int mask, int added) {
        double scale = c.attribute("scale", 0.0) == 0 ? 1 / Math.sqrt(q.dim(3)) : c.attribute("scale", 0.0);
        Tensor scores = q.mul(scale).matmul(keys.transpose());
        double filter = c.attribute("mask_filter_value", -10000.0);
        if (c.has(mask)) {
            Tensor seen = seen(c.tensor(mask), keys.dim(2));
            scores = scores.add(Tensor.zeros(q.dtype(), seen.shape()).where(seen, filter));
        }
        if (c.flag("unidirectional", false)) {
            Tensor past = Tensors.causalMask(q.dim(2), keys.dim(2));
            scores = scores.where(past, filter);
        }
        scores = c.has(added) ? scores.add(c.tensor(added)) : scores;
        return scores.softmax(-1).matmul(values);
    }

    /** From (batch, keys), (batch, queries, keys) of 0 and 1, or (batch) lengths. */
    private static Tensor seen(Tensor mask, int keys) {
        Tensor numbers = mask.cast(DType.INT32);
        if (mask.rank() == 1) {
            return Tensor.arange(keys).less(numbers.reshape(-1, 1, 1, 1));
        }
        Tensor truth = numbers.ne(0);
        return mask.rank() == 2 ? truth.reshape(mask.dim(0), 1, 1, mask.dim(1)) : mask.rank() == 3 ? truth.expandDims(1) : truth;
    }

    /** Inputs: x, position ids (batch, time) or the first one, cos and sin tables. */
    private static List<Value> rotary(Call c) {
        Tensor given = c.tensor(0);
        int half = c.tensor(2).dim(1);
        int heads = c.attribute("num_heads", 0) > 0 ? c.attribute("num_heads", 0) : given.rank() == 4 ? given.dim(1)
                : given.dim(2) / (2 * half);
        Tensor x = Attentions.heads(given, heads);
        Tensor places = c.tensor(1).size() == 1
                ? Tensor.arange(x.dim(2)).add(c.tensor(1).cast(DType.INT32).reshape(Shape.SCALAR)).expandDims(0)
                : c.tensor(1);
        Tensor cos = c.tensor(2).take(0, places).expandDims(1);
        Tensor sin = c.tensor(3).take(0, places).expandDims(1);
        Tensor y = Attentions.rotated(x, cos, sin, c.attribute("rotary_embedding_dim", 0), c.flag("interleaved", false));
        return c.same(given.rank() == 4 ? y : Attentions.joined(y));
    }

    // ---- integers ----------------------------------------------------------------------------------------------------

    private static Tensor zero(Call c, int i) {
        return c.has(i) ? c.tensor(i).size() == 1 ? c.tensor(i).reshape(Shape.SCALAR) : c.tensor(i) : Tensor.scalar(DType.INT32, 0);
    }

    /** Inputs: a, b, scales of both, zero points of both, bias. */
    private static List<Value> matmulIntegerToFloat(Call c) {
        Tensor product = Products.exact(c, 0, 1, zero(c, 4), zero(c, 5)).cast(DType.FLOAT32).mul(c.tensor(2).mul(c.tensor(3)));
        return Call.one(c.type(2), c.has(6) ? product.add(c.tensor(6)) : product);
    }

    /** Inputs: a in fractions, b, its scale, its zero point, bias. */
    private static List<Value> dynamicQuantizeMatmul(Call c) {
        Tensor a = c.tensor(0);
        Tensor low = a.min().minimum(0);
        Tensor scale = a.max().maximum(0).sub(low).div(255);
        Tensor safe = scale.where(scale.ne(0), 1);
        Tensor shift = low.neg().div(safe).clamp(0, 255).round();
        Tensor whole = a.div(safe).round().add(shift).clamp(0, 255).sub(shift);
        Tensor b = c.tensor(1).cast(DType.FLOAT32).sub(zero(c, 3).cast(DType.FLOAT32));
        Tensor product = whole.matmul(b).mul(scale.mul(c.tensor(2)));
        return Call.one(c.type(0), c.has(4) ? product.add(c.tensor(4)) : product);
    }

    private static Tensor fractions(Call c, int at) {
        return c.tensor(at).cast(DType.FLOAT32).sub(zero(c, at + 2).cast(DType.FLOAT32)).mul(zero(c, at + 1));
    }

    private static Value quantized(Call c, Tensor y, int scale, ElementType type) {
        return Value.of(type, Quantization.saturated(y.div(zero(c, scale)).round().add(zero(c, scale + 1).cast(DType.FLOAT32)), type));
    }

    private static List<Value> quantizedBinary(Call c, java.util.function.BinaryOperator<Tensor> function) {
        return List.of(quantized(c, function.apply(fractions(c, 0), fractions(c, 3)), 6, c.type(0)));
    }

    private static List<Value> quantizedUnary(Call c, int scale, java.util.function.UnaryOperator<Tensor> function) {
        return List.of(quantized(c, function.apply(fractions(c, 0)), scale, c.type(0)));
    }

    private static List<Value> quantizedPool(Call c) {
        boolean last = c.flag("channels_last", false);
        Tensor x = fractions(c, 0);
        int[] axes = IntStream.range(last ? 1 : 2, last ? x.rank() - 1 : x.rank()).toArray();
        return List.of(quantized(c, x.mean(dev.gamelan.tensor.Axes.keep(axes)), 3, c.type(0)));
    }

    /** Inputs: scale and zero point of y, then x, scale, zero point of each part. */
    private static List<Value> quantizedConcat(Call c) {
        List<Tensor> parts = new ArrayList<>();
        for (int i = 2; i + 2 < c.inputs() + 1; i += 3) {
            parts.add(fractions(c, i));
        }
        return List.of(quantized(c, Tensors.concat(c.attribute("axis", 0), parts), 0, c.type(2)));
    }
}
