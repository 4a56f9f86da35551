package dev.gamelan.nn;

import dev.gamelan.tensor.Tensor;
import java.util.Locale;
import java.util.function.UnaryOperator;

/** Element-wise functions without weights. */
public enum Activation implements Layer {
    /** max(x, 0). */
    RELU(Tensor::relu),
    /** min(max(x, 0), 6). */
    RELU6(x -> x.relu().minimum(6)),
    /** x times the normal distribution's cumulative probability of x (Hendrycks and Gimpel, 2016), exact. */
    GELU(Tensor::gelu),
    /** The approximation of {@link #GELU} by tanh, as GPT-2 has it. */
    GELU_TANH(Tensor::geluTanh),
    TANH(Tensor::tanh),
    SIGMOID(Tensor::sigmoid),
    /** log(1 + exp(x)). */
    SOFTPLUS(Tensor::softplus),
    /** x sigmoid(x), also called swish (Elfwing et al., 2017). */
    SILU(Tensor::silu),
    /** x for positive numbers, exp(x) - 1 for the others (Clevert et al., 2015). */
    ELU(x -> x.elu(1)),
    /** min(max(x / 6 + 1 / 2, 0), 1). */
    HARD_SIGMOID(Tensor::hardSigmoid),
    /** x hard-sigmoid(x) (Howard et al., 2019). */
    HARD_SWISH(Tensor::hardSwish),
    /** Over the last axis. */
    SOFTMAX(x -> x.softmax(-1));

    private final UnaryOperator<Tensor> function;

    Activation(UnaryOperator<Tensor> function) {
        this.function = function;
    }

    /** x: any shape -> the same shape. */
    @Override
    public Tensor apply(Scope scope, Tensor x) {
        return function.apply(x);
    }

    @Override
    public String kind() {
        return name().toLowerCase(Locale.ROOT);
    }
}
