package dev.gamelan.nn;

import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Axes;
import dev.gamelan.tensor.Tensor;

/** Normalizes the features of each position, and learns a scale and a bias (Ba et al., 2016). */
public record LayerNorm(double epsilon) implements Layer {

    public LayerNorm epsilon(double value) {
        return new LayerNorm(value);
    }

    /** x: (..., features) -> the same shape. */
    @Override
    public Tensor apply(Scope scope, Tensor x) {
        Checks.features("layerNorm", x);
        Shape features = Shape.of(x.dim(-1));
        Tensor scale = scope.parameter("scale", features, Initializer.ones());
        Tensor bias = scope.parameter("bias", features, Initializer.zeros());
        Tensor centered = x.sub(x.mean(Axes.keep(-1)));
        Tensor variance = centered.square().mean(Axes.keep(-1));
        return centered.mul(variance.add(epsilon).rsqrt()).mul(scale).add(bias);
    }
}
