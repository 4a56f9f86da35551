package dev.gamelan.interop.onnx.ops;

import static dev.gamelan.interop.onnx.ops.Registry.MICROSOFT;

import dev.gamelan.interop.onnx.value.Value;
import dev.gamelan.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Operators of {@code com.microsoft} that ONNX Runtime's optimizer writes for diffusion networks, with the channels last. It has
 * kernels for them on graphics cards alone.
 *
 * @see <a href="https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md">their documentation</a>
 */
final class Diffusion {

    private Diffusion() {}

    static void register(Registry r) {
        r.op(MICROSOFT, "NhwcConv", 1, Diffusion::conv);
        r.op(MICROSOFT, "NhwcFusedConv", 1, Diffusion::fusedConv);
        r.op(MICROSOFT, "GroupNorm", 1, c -> c.same(groupNorm(c, c.tensor(0))));
        r.op(MICROSOFT, "SkipGroupNorm", 1, Diffusion::skipGroupNorm);
    }

    /** x (batch, h, w, channels) with kernels (out, h, w, in / groups). */
    private static List<Value> conv(Call c) {
        Tensor kernels = c.prepared(1, "channels first", Grid::toFirst);
        return MicrosoftMoves.channelsLast(replaced(c, 1, c.numbers(1).with(kernels)), Windows::conv);
    }

    /** As Conv, with kernels (out, in / groups, h, w); what is added before the activation has the channels last too. */
    private static List<Value> fusedConv(Call c) {
        Call own = c.has(3) ? replaced(c, 3, c.numbers(3).with(Grid.toFirst(c.tensor(3)))) : c;
        return MicrosoftMoves.channelsLast(own, Microsoft::fusedConv);
    }

    private static Call replaced(Call c, int place, Value value) {
        List<Optional<Value>> inputs = new ArrayList<>();
        for (int i = 0; i < c.inputs(); i++) {
            inputs.add(i == place ? Optional.of(value) : c.has(i) ? Optional.of(c.value(i)) : Optional.empty());
        }
        return c.with(inputs);
    }

    /** Inputs after x: gamma (channels) and beta (channels). */
    private static Tensor groupNorm(Call c, Tensor x) {
        boolean last = c.flag("channels_last", true);
        Tensor first = last ? Grid.toFirst(x) : x;
        Tensor y = Norms.grouped(first, c.attribute("groups", 1), c.attribute("epsilon", 1e-5)).mul(Grid.channels(c.tensor(1), x.rank()))
                .add(Grid.channels(c.tensor(2), x.rank()));
        Tensor activated = c.attribute("activation", 0) == 1 ? y.silu() : y;
        return last ? Grid.toLast(activated) : activated;
    }

    /** Inputs: x, gamma, beta, what is added to x, (batch, h, w, channels) or (batch, channels), bias (channels); outputs y, the sum. */
    private static List<Value> skipGroupNorm(Call c) {
        Tensor x = c.tensor(0);
        Tensor sum = x.add(spread(c, c.tensor(3), x.rank()));
        Tensor all = c.has(4) ? sum.add(spread(c, c.tensor(4).expandDims(0), x.rank())) : sum;
        return List.of(Value.of(c.type(0), groupNorm(c, all)), Value.of(c.type(0), all));
    }

    /** (batch, channels) as it stretches over x. */
    private static Tensor spread(Call c, Tensor skip, int rank) {
        if (skip.rank() != 2) {
            return skip;
        }
        int[] dims = new int[rank];
        java.util.Arrays.fill(dims, 1);
        dims[0] = skip.dim(0);
        dims[c.flag("channels_last", true) ? rank - 1 : 1] = skip.dim(1);
        return skip.reshape(dims);
    }
}
