package dev.gamelan.nn;

import dev.gamelan.tensor.Tensor;

/**
 * Normalizes each feature of each example over its spatial axes, and learns a scale and a bias (Ulyanov et al., 2016): a
 * {@link GroupNorm} with one feature per group.
 */
public record InstanceNorm(double epsilon) implements Layer {

    public InstanceNorm epsilon(double value) {
        return new InstanceNorm(value);
    }

    /** x: (B, spatial..., features) -> the same shape. */
    @Override
    public Tensor apply(Scope scope, Tensor x) {
        Checks.features("instanceNorm", x);
        return new GroupNorm(Math.max(1, x.dim(-1)), epsilon).apply(scope, x);
    }
}
