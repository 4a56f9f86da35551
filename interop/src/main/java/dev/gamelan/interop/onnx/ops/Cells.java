package dev.gamelan.interop.onnx.ops;

import dev.gamelan.interop.onnx.value.Value;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.Tensors;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.UnaryOperator;

/** One step of each kind of recurrent network, by the equations of ONNX's documentation. */
final class Cells {

    private static final Set<String> WITH_ALPHA = Set.of("affine", "leakyrelu", "thresholdedrelu", "scaledtanh", "hardsigmoid", "elu");
    private static final Set<String> WITH_BETA = Set.of("affine", "scaledtanh", "hardsigmoid");

    private Cells() {}

    static void register(Registry r) {
        r.op("RNN", Cells::rnn).op("GRU", Cells::gru).op("LSTM", Cells::lstm);
    }

    /** Activation number i of a direction, with the clipping of its argument. */
    private static UnaryOperator<Tensor> activation(Call c, int direction, int i, int each, String otherwise) {
        UnaryOperator<Tensor> function = unclipped(c, direction, i, each, otherwise);
        double clip = c.attribute("clip", 0.0);
        return clip > 0 ? x -> function.apply(x.clamp(-clip, clip)) : function;
    }

    private static UnaryOperator<Tensor> unclipped(Call c, int direction, int i, int each, String otherwise) {
        List<String> names = c.attributeTexts("activations");
        int at = direction * each + i;
        String name = at < names.size() ? names.get(at) : otherwise;
        List<String> before = names.subList(0, Math.min(at, names.size()));
        return function(name, next(c, "activation_alpha", WITH_ALPHA, before), next(c, "activation_beta", WITH_BETA, before));
    }

    /** Only functions that have such a number take one from the list. */
    private static double next(Call c, String attribute, Set<String> takers, List<String> before) {
        double[] list = c.attributeDoubles(attribute).orElse(new double[0]);
        int at = (int) before.stream().filter(name -> takers.contains(name.toLowerCase(Locale.ROOT))).count();
        return at < list.length ? list[at] : Double.NaN;
    }

    static UnaryOperator<Tensor> function(String name, double alpha, double beta) {
        return switch (name.toLowerCase(Locale.ROOT)) {
            case "sigmoid" -> Tensor::sigmoid;
            case "tanh" -> Tensor::tanh;
            case "relu" -> Tensor::relu;
            case "softsign" -> Tensor::softsign;
            case "softplus" -> Tensor::softplus;
            case "affine" -> x -> x.mul(or(alpha, 1)).add(or(beta, 0));
            case "leakyrelu" -> x -> x.leakyRelu(or(alpha, 0.01));
            case "thresholdedrelu" -> x -> x.where(x.greater(or(alpha, 1)), 0);
            case "scaledtanh" -> x -> x.mul(or(beta, 1)).tanh().mul(or(alpha, 1));
            case "hardsigmoid" -> x -> Activations.hardSigmoid(x, or(alpha, 0.2), or(beta, 0.5));
            case "elu" -> x -> x.elu(or(alpha, 1));
            default -> throw Call.unsupported("an activation of ONNX's list", name);
        };
    }

    static double or(double value, double otherwise) {
        return Double.isNaN(value) ? otherwise : value;
    }

    private static Tensor weights(Call c, int d) {
        return c.prepared(2, "state weights " + d, w -> w.select(0, d).transpose());
    }

    private static Tensor gate(Tensor all, int i, int hidden) {
        return all.slice(-1, i * hidden, (i + 1) * hidden);
    }

    /** Both halves of the bias are added. */
    private static Tensor summed(Tensor bias, int gates) {
        int half = bias.dim(0) / 2;
        return gates == 0 ? bias : bias.slice(0, 0, half).add(bias.slice(0, half, 2 * half));
    }

    private static List<Value> rnn(Call c) {
        Recurrent.Cell cell = (d, x, state) -> {
            Tensor sum = x.add(state.tensors().getFirst().matmul(weights(c, d)));
            return new Recurrent.State(List.of(activation(c, d, 0, 1, "Tanh").apply(sum)));
        };
        return new Recurrent.Network(c, 1, 1, cell, new Recurrent.Plain(c), bias -> summed(bias, 1)).run();
    }

    /** Gates: update z, reset r, candidate h. */
    private static List<Value> gru(Call c) {
        int hidden = c.tensor(2).dim(-1);
        boolean linearFirst = c.flag("linear_before_reset", false);
        Recurrent.Cell cell = (d, x, state) -> {
            Tensor h = state.tensors().getFirst();
            UnaryOperator<Tensor> f = activation(c, d, 0, 2, "Sigmoid");
            UnaryOperator<Tensor> g = activation(c, d, 1, 2, "Tanh");
            Tensor weights = weights(c, d);
            Tensor gates = h.matmul(weights.slice(1, 0, 2 * hidden));
            Tensor z = f.apply(gate(x, 0, hidden).add(gate(gates, 0, hidden)));
            Tensor r = f.apply(gate(x, 1, hidden).add(gate(gates, 1, hidden)));
            Tensor last = weights.slice(1, 2 * hidden, 3 * hidden);
            Tensor inner;
            if (linearFirst) {
                Tensor product = h.matmul(last);
                Tensor biased = c.has(3) ? product.add(c.tensor(3).select(0, d).slice(0, 5 * hidden, 6 * hidden)) : product;
                inner = r.mul(biased);
            } else {
                inner = r.mul(h).matmul(last);
            }
            Tensor candidate = g.apply(gate(x, 2, hidden).add(inner));
            return new Recurrent.State(List.of(z.rsub(1).mul(candidate).add(z.mul(h))));
        };
        return new Recurrent.Network(c, 3, 1, cell, new Recurrent.Plain(c), bias -> gruBias(bias, hidden, linearFirst)).run();
    }

    /** The candidate's second bias is inside of the product with r, if that comes last. */
    private static Tensor gruBias(Tensor bias, int hidden, boolean linearFirst) {
        Tensor sum = summed(bias, 3);
        return linearFirst ? Tensors.concat(0, sum.slice(0, 0, 2 * hidden), bias.slice(0, 2 * hidden, 3 * hidden)) : sum;
    }

    /** Gates: input i, output o, forget f, candidate c; peepholes for i, o, f. */
    private static List<Value> lstm(Call c) {
        return lstm(c, new Recurrent.Plain(c));
    }

    static List<Value> lstm(Call c, Recurrent.Weights weights) {
        int hidden = weights.hidden();
        boolean coupled = c.flag("input_forget", false);
        Recurrent.Cell cell = (d, x, state) -> {
            Tensor h = state.tensors().get(0);
            Tensor memory = state.tensors().get(1);
            UnaryOperator<Tensor> f = activation(c, d, 0, 3, "Sigmoid");
            UnaryOperator<Tensor> g = activation(c, d, 1, 3, "Tanh");
            // ONNX Runtime clips sums of products, and not what a cell remembers.
            UnaryOperator<Tensor> out = unclipped(c, d, 2, 3, "Tanh");
            Tensor sum = x.add(weights.state(h, d));
            Tensor input = f.apply(peeped(c, d, gate(sum, 0, hidden), memory, 0));
            Tensor forget = coupled ? input.rsub(1) : f.apply(peeped(c, d, gate(sum, 2, hidden), memory, 2));
            Tensor next = forget.mul(memory).add(input.mul(g.apply(gate(sum, 3, hidden))));
            Tensor output = f.apply(peeped(c, d, gate(sum, 1, hidden), next, 1));
            return new Recurrent.State(List.of(output.mul(out.apply(next)), next));
        };
        return new Recurrent.Network(c, 4, 2, cell, weights, bias -> summed(bias, 4)).run();
    }

    private static Tensor peeped(Call c, int d, Tensor sum, Tensor memory, int gate) {
        int hidden = memory.dim(-1);
        return c.has(7) ? sum.add(memory.mul(c.tensor(7).select(0, d).slice(0, gate * hidden, (gate + 1) * hidden))) : sum;
    }
}
