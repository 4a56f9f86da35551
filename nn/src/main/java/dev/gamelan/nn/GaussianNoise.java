package dev.gamelan.nn;

import dev.gamelan.tensor.Tensor;

/** In training, adds noise to every element, which keeps a network from learning examples by heart (Bishop, 1995). */
public record GaussianNoise(double deviation) implements Layer {

    public GaussianNoise {
        Checks.between("gaussianNoise", "deviation", 0, Double.MAX_VALUE, deviation);
    }

    /** x: any shape of fractions -> the same shape. */
    @Override
    public Tensor apply(Scope scope, Tensor x) {
        return scope.training() ? x.add(scope.key().normal(x.shape()).cast(x.dtype()).mul(deviation)) : x;
    }
}
