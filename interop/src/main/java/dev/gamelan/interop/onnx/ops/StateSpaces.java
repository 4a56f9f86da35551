package dev.gamelan.interop.onnx.ops;

import dev.gamelan.interop.onnx.value.Value;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Functions;
import dev.gamelan.tensor.Stepper;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.Tensors;
import dev.gamelan.tensor.Tree;
import java.util.ArrayList;
import java.util.List;

/** Operators with a state that goes along a sequence: linear attention, causal convolution. */
final class StateSpaces {

    private StateSpaces() {}

    /** One step; decay and beta are there as the update rule says. */
    private record Step(Tensor q, Tensor k, Tensor v, List<Tensor> decay, List<Tensor> beta) implements Tree {}

    static void register(Registry r) {
        r.op("LinearAttention", StateSpaces::linearAttention);
        r.op("CausalConvWithState", StateSpaces::causalConv);
    }

    /** (batch, heads, time, d) -> (time, batch, heads, d). */
    private static Tensor overTime(Tensor x) {
        return x.moveAxis(2, 0);
    }

    private static List<Value> linearAttention(Call c) {
        int heads = c.attribute("q_num_heads", 1);
        int own = c.attribute("kv_num_heads", 1);
        Tensor q = Attentions.heads(c.tensor(0), heads);
        Tensor k = Attentions.heads(c.tensor(1), own);
        Tensor v = Attentions.heads(c.tensor(2), own);
        int d = q.dim(3);
        Shape stateShape = Shape.of(q.dim(0), own, d, v.dim(3));
        Tensor state = c.has(3) ? c.tensor(3) : Tensor.zeros(q.dtype(), stateShape);
        List<Tensor> decay = new ArrayList<>();
        if (c.has(4)) {
            decay.add(overTime(Attentions.heads(c.tensor(4), own)));
        }
        List<Tensor> beta = new ArrayList<>();
        if (c.has(5)) {
            beta.add(overTime(Attentions.heads(c.tensor(5), c.tensor(5).dim(2))));
        }
        double scale = c.attribute("scale", 0.0) == 0 ? 1 / Math.sqrt(d) : c.attribute("scale", 0.0);
        Step sequence = new Step(overTime(q), overTime(k), overTime(v), decay, beta);
        Stepper.Next<Tensor, Tensor> result = Functions.scan(state, sequence, (Tensor before, Step step) -> {
            Tensor decayed = step.decay().isEmpty() ? before : before.mul(step.decay().getFirst().exp().expandDims(-1));
            Tensor column = step.k().expandDims(-1);
            Tensor value = step.v();
            if (!step.beta().isEmpty()) {
                value = step.beta().getFirst().mul(value.sub(decayed.mul(column).sum(2)));
            }
            Tensor next = decayed.add(column.mul(value.expandDims(2)));
            Tensor read = heads > own ? next.repeat(1, heads / own) : next;
            return new Stepper.Next<>(next, read.mul(step.q().expandDims(-1)).sum(2).mul(scale));
        });
        Tensor y = result.output().permute(1, 0, 2, 3);
        return List.of(Value.of(c.type(0), y.reshape(y.dim(0), y.dim(1), heads * v.dim(3))),
                Value.of(c.has(3) ? c.type(3) : c.type(0), result.state()));
    }

    /** (batch, channels, time), (channels, 1, k): each channel over its own past. */
    private static List<Value> causalConv(Call c) {
        Tensor x = c.tensor(0);
        int k = c.tensor(1).dim(2);
        Tensor padded = c.has(3) ? Tensors.concat(2, c.tensor(3), x) : x.pad(2, k - 1, 0);
        Tensor sum = Tensor.zeros(x.dtype(), x.shape());
        for (int i = 0; i < k; i++) {
            sum = sum.add(padded.slice(2, i, i + x.dim(2)).mul(c.tensor(1).slice(2, i, i + 1).reshape(1, -1, 1)));
        }
        Tensor y = c.has(2) ? sum.add(c.tensor(2).reshape(1, -1, 1)) : sum;
        boolean plain = c.attribute("activation", "none").equals("none");
        int end = padded.dim(2);
        return List.of(Value.of(c.type(0), plain ? y : y.silu()), Value.of(c.type(0), padded.slice(2, end - k + 1, end)));
    }
}
