package dev.gamelan.interop.onnx.ops;

import static dev.gamelan.interop.onnx.ops.Registry.MICROSOFT;

import dev.gamelan.interop.onnx.value.Value;
import dev.gamelan.shape.DType;
import dev.gamelan.tensor.Axes;
import dev.gamelan.tensor.Tensor;
import java.util.List;

/**
 * Mixtures of experts of {@code com.microsoft} (Shazeer et al., 2017). Every expert sees every token and those that were not
 * chosen count for nothing, so no shape depends on what the router says.
 */
final class Experts {

    private Experts() {}

    static void register(Registry r) {
        r.op(MICROSOFT, "MoE", 1, c -> mixture(c, 2, 4, 6, Experts::given));
        r.op(MICROSOFT, "QMoE", 1, c -> mixture(c, 2, 5, 8, Experts::quantized));
    }

    /** How the weights of the experts come out of the inputs. */
    private interface Weights {
        /** (experts, out, in). */
        Tensor of(Call c, int input);
    }

    private static Tensor given(Call c, int input) {
        return c.tensor(input);
    }

    /** Input {@code i} has the codes, the next one scales of rows or of blocks; zero points come at the end. */
    private static Tensor quantized(Call c, int input) {
        if (!c.attribute("quant_type", "int").equals("int")) {
            throw Call.unsupported("weights quantized to integers", c.attribute("quant_type", "int"));
        }
        int bits = c.attribute("expert_weight_bits", 4);
        int zero = 11 + (input - 2) / 3;
        return c.prepared(input, "experts", w -> {
            int experts = w.dim(0);
            int out = w.dim(1);
            Tensor numbers = FewBits.unpacked(w.reshape(experts * out, -1), bits).reshape(experts, out, -1);
            int in = numbers.dim(2);
            Tensor scales = c.tensor(input + 1).cast(DType.FLOAT32);
            int blocks = scales.rank() == 3 ? scales.dim(2) : 1;
            Tensor shift = Tensor.scalar(1 << bits - 1);
            if (c.has(zero)) {
                Tensor packed = c.tensor(zero);
                Tensor apart = FewBits.unpacked(packed.reshape(-1, packed.dim(-1)), bits);
                shift = apart.reshape(experts, out, blocks).repeat(2, in / blocks);
            }
            return numbers.sub(shift).mul(scales.reshape(experts, out, blocks).repeat(2, in / blocks));
        });
    }

    /** Inputs: x, scores of the experts (tokens, experts), then the weights of up to three products. */
    private static List<Value> mixture(Call c, int first, int second, int third, Weights weights) {
        if (c.flag("use_sparse_mixer", false)) {
            throw Call.unsupported("a mixture of the k experts with the highest scores", "use_sparse_mixer");
        }
        Tensor given = c.tensor(0);
        Tensor x = given.reshape(-1, given.dim(-1));
        int own = first == 2 && second == 4 ? 1 : 2;
        Tensor shares = shares(c, c.tensor(1), own == 2 || c.flag("normalize_routing_weights", false));
        Tensor sum = null;
        for (int e = 0; e < shares.dim(1); e++) {
            Tensor h = product(c, weights, x, first, own, e);
            Tensor gated = activated(c, h, c.has(third) ? product(c, weights, x, third, own, e) : null);
            Tensor y = product(c, weights, gated, second, own, e).mul(shares.slice(1, e, e + 1));
            sum = sum == null ? y : sum.add(y);
        }
        return c.same(java.util.Objects.requireNonNull(sum).reshape(given.shape()));
    }

    private static Tensor product(Call c, Weights weights, Tensor x, int input, int bias, int expert) {
        Tensor y = x.matmul(weights.of(c, input).select(0, expert).transpose());
        return c.has(input + bias) ? y.add(c.tensor(input + bias).select(0, expert)) : y;
    }

    /** (tokens, experts): softmax of the scores, but 0 for all that are not among the k highest; the first wins a tie. */
    private static Tensor shares(Call c, Tensor scores, boolean normalized) {
        int experts = scores.dim(1);
        int k = Math.min(experts, c.attribute("k", 1));
        Tensor rank = scores.neg().argsort(1).argsort(1);
        Tensor chosen = rank.less(k);
        Tensor probabilities = normalized ? scores.where(chosen, -1e30).softmax(1) : scores.softmax(1);
        Tensor mixed = c.has(14) ? c.tensor(14) : probabilities;
        Tensor kept = mixed.where(chosen, 0);
        return c.has(14) && normalized ? kept.div(kept.sum(Axes.keep(1))) : kept;
    }

    private static Tensor activated(Call c, Tensor h, @org.jspecify.annotations.Nullable Tensor gate) {
        String name = c.attribute("activation_type", "relu");
        if (name.equals("swiglu")) {
            return swiglu(c, h, gate);
        }
        Tensor y = switch (name) {
            case "relu" -> h.relu();
            case "gelu" -> h.geluTanh();
            case "silu" -> h.silu();
            case "identity" -> h;
            default -> throw Call.unsupported("relu, gelu, silu, swiglu or identity", name);
        };
        return gate == null ? y : y.mul(gate);
    }

    /** {@code G sigmoid(alpha G) (L + beta)}, G and L limited; both from one product, in turn or one after the other. */
    private static Tensor swiglu(Call c, Tensor h, @org.jspecify.annotations.Nullable Tensor gate) {
        int half = h.dim(-1) / 2;
        boolean apart = c.attribute("swiglu_fusion", 0) == 0 && gate != null;
        boolean inTurn = c.attribute("swiglu_fusion", 0) == 1;
        Tensor g = apart ? h : inTurn ? h.slice(-1, 0, 2 * half, 2) : h.slice(-1, 0, half);
        Tensor l = apart ? java.util.Objects.requireNonNull(gate) : inTurn ? h.slice(-1, 1, 2 * half, 2) : h.slice(-1, half, 2 * half);
        if (c.hasAttribute("swiglu_limit")) {
            double limit = c.attribute("swiglu_limit", 0.0);
            g = g.minimum(limit);
            l = l.clamp(-limit, limit);
        }
        return g.mul(g.mul(c.attribute("activation_alpha", 1.0)).sigmoid()).mul(l.add(c.attribute("activation_beta", 0.0)));
    }
}
