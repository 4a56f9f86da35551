package dev.gamelan.nn;

import dev.gamelan.tensor.Tensor;

/** x for positive numbers, slope times x for the others. */
public record LeakyRelu(double slope) implements Layer {

    @Override
    public Tensor apply(Scope scope, Tensor x) {
        return x.leakyRelu(slope);
    }
}
