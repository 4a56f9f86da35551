package dev.gamelan.nn;

import dev.gamelan.tensor.Tensor;

/** All axes but the batch become one: (B, ...) -> (B, features). */
public record Flatten() implements Layer {

    @Override
    public Tensor apply(Scope scope, Tensor x) {
        return x.reshape(x.dim(0), x.shape().slice(1, x.rank()).length());
    }
}
