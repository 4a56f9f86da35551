package dev.gamelan.nn;

import dev.gamelan.tensor.Tensor;

/** In training, sets a share of the elements to zero and scales the others up (Srivastava et al., 2014). */
public record Dropout(double rate) implements Layer {

    public Dropout {
        Checks.between("dropout", "rate", 0, 1, rate);
    }

    /** x: any shape -> the same shape. */
    @Override
    public Tensor apply(Scope scope, Tensor x) {
        if (!scope.training() || rate == 0) {
            return x;
        }
        if (rate == 1) {
            return x.mul(0);
        }
        Tensor kept = scope.key().bernoulli(1 - rate, x.shape());
        return x.div(1 - rate).where(kept, 0);
    }
}
