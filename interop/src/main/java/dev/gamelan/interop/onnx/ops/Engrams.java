package dev.gamelan.interop.onnx.ops;

import dev.gamelan.interop.onnx.value.ElementType;
import dev.gamelan.interop.onnx.value.Value;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Axes;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;

/** Engrams: tables of embeddings that are found by hashes of the last few tokens, and a gate for what they give. */
final class Engrams {

    private static final double LEAST = 1e-6;

    private Engrams() {}

    static void register(Registry r) {
        r.op(Registry.MICROSOFT, "NGramHashMapping", 1, Engrams::hashes).op(Registry.MICROSOFT, "EngramGate", 1, Engrams::gate);
    }

    /** Inputs: tokens (batch, time), a factor for each of the last n, sizes of the tables, the n - 1 tokens before. */
    private static List<Value> hashes(Call c) {
        ElementType type = c.type(0);
        Tensor tokens = c.tensor(0);
        int before = c.attribute("max_ngram_size", 2) - 1;
        int heads = c.attribute("n_head_per_ngram", 1);
        Shape none = Shape.of(tokens.dim(0), before);
        Tensor past = c.has(3) ? c.tensor(3) : Tensor.zeros(tokens.dtype(), none).add(c.attribute("pad_id", 0));
        Tensor all = Tensors.concat(1, past, tokens);
        int time = tokens.dim(1);
        List<Tensor> results = new ArrayList<>();
        Tensor mix = null;
        for (int n = 0; n <= before; n++) {
            Tensor shifted = all.slice(1, before - n, before - n + time).mul(c.tensor(1).select(0, n));
            mix = mix == null ? shifted : mix.xor(shifted);
            if (n > 0) {
                results.add(mix.expandDims(2).mod(c.tensor(2).slice(0, (n - 1) * heads, n * heads)));
            }
        }
        Tensor present = all.slice(1, time, time + before);
        return List.of(Value.of(type, Tensors.concat(2, results.toArray(Tensor[]::new))), Value.of(type, present));
    }

    /** Inputs: keys and queries (batch, time, streams, d), values (batch, time, d), scales of both norms (streams, d). */
    private static List<Value> gate(Call c) {
        double epsilon = c.attribute("epsilon", 1e-5);
        Tensor keys = normalized(c.tensor(0), epsilon).mul(c.tensor(3));
        Tensor queries = normalized(c.tensor(1), epsilon).mul(c.tensor(4));
        Tensor dot = keys.mul(queries).sum(Axes.keep(-1)).mul(1 / Math.sqrt(keys.dim(3)));
        Tensor gate = dot.sign().mul(dot.abs().maximum(LEAST).sqrt()).sigmoid();
        return c.same(gate.mul(c.tensor(2).expandDims(2)));
    }

    private static Tensor normalized(Tensor x, double epsilon) {
        return x.mul(x.square().mean(Axes.keep(-1)).add(epsilon).rsqrt());
    }
}
