package dev.gamelan.interop.onnx.ops;

import static dev.gamelan.interop.onnx.ops.Registry.MICROSOFT;

import dev.gamelan.interop.onnx.value.ElementType;
import dev.gamelan.interop.onnx.value.Value;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

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
        op(r, "FusedMatMulActivation", c -> c.same(activated(c, product(c), c.attribute("activation", ""))));
        op(r, "GemmFastGelu", c -> c.same(biased(c, c.tensor(0).matmul(c.tensor(1)), 2).geluTanh()));
        op(r, "FusedGemm", Microsoft::fusedGemm);
        op(r, "FusedConv", Microsoft::fusedConv);
        op(r, "SkipLayerNormalization", c -> skipNorm(c, false)).op(MICROSOFT, "SkipSimplifiedLayerNormalization", 1,
                c -> skipNorm(c, true));
        op(r, "SimplifiedLayerNormalization", c -> c.same(Norms.rms(c, c.attribute("axis", -1))));
        r.op("SimplifiedLayerNormalization", c -> c.same(Norms.rms(c, c.attribute("axis", -1))));
        op(r, "LayerNormalization", c -> Norms.layer(c, c.tensor(0), 1, 2));
        op(r, "EmbedLayerNormalization", Microsoft::embed);
    }

    private static Registry op(Registry r, String name, Operator operator) {
        return r.op(MICROSOFT, name, 1, operator);
    }

    private static Tensor gated(Tensor x) {
        int half = x.dim(-1) / 2;
        return x.slice(-1, 0, half).mul(x.slice(-1, half, 2 * half).gelu());
    }

    private static Tensor biased(Call c, Tensor x, int input) {
        return c.has(input) ? x.add(c.tensor(input)) : x;
    }

    private static List<Value> fusedMatmul(Call c) {
        return c.same(product(c));
    }

    private static Tensor product(Call c) {
        Tensor a = oriented(c.tensor(0), c.flag("transA", false), c.flag("transBatchA", false));
        Tensor b = oriented(c.tensor(1), c.flag("transB", false), c.flag("transBatchB", false));
        double alpha = c.attribute("alpha", 1.0);
        Tensor product = a.matmul(b);
        return alpha == 1 ? product : product.mul(alpha);
    }

    private static Tensor oriented(Tensor x, boolean transposed, boolean batched) {
        Tensor moved = batched && x.rank() > 2 ? x.moveAxis(0, x.rank() - 2) : x;
        return transposed && moved.rank() > 1 ? moved.transpose() : moved;
    }

    /** An activation with its two numbers, which FusedConv has in a list and FusedGemm in attributes of their own. */
    private static Tensor activated(Call c, Tensor x, String name) {
        double[] listed = c.attributeDoubles("activation_params").orElse(new double[0]);
        double alpha = listed.length > 0 ? listed[0] : c.attribute("activation_alpha", Double.NaN);
        double beta = listed.length > 1 ? listed[1] : c.attribute("activation_beta", Double.NaN);
        return switch (name) {
            case "" -> x;
            case "Clip" -> x.clamp(Cells.or(alpha, Double.NEGATIVE_INFINITY), Cells.or(beta, Double.POSITIVE_INFINITY));
            case "HardSwish" -> x.hardSwish();
            case "ParametricSoftplus" -> x.mul(Cells.or(beta, 1)).softplus().mul(Cells.or(alpha, 1));
            default -> Cells.function(name, alpha, beta).apply(x);
        };
    }

    private static List<Value> fusedGemm(Call c) {
        Value.Numbers y = Call.numbers(Products.gemm(c).getFirst());
        return List.of(y.with(activated(c, y.tensor(), c.attribute("activation", ""))));
    }

    /** Inputs: x, w, bias, and what is added before the activation. */
    static List<Value> fusedConv(Call c) {
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
        Tensor y = Norms.layered(c, x.cast(DType.FLOAT32), 5, 6).getFirst();
        Tensor count = c.has(7) ? c.tensor(7).cast(DType.INT32).sum(1) : Tensor.zeros(DType.INT32, Shape.of(ids.dim(0)));
        return List.of(Value.of(c.type(2), y), Value.of(ElementType.INT32, count), Value.of(c.type(2), x));
    }
}
