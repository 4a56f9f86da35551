package dev.gamelan.nn;

import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Axes;
import dev.gamelan.tensor.Tensor;

/** Divides the features of each position by the root of their mean square, and learns a scale (Zhang and Sennrich, 2019). */
public record RmsNorm(double epsilon) implements Layer {

    public RmsNorm epsilon(double value) {
        return new RmsNorm(value);
    }

    /** x: (..., features) -> the same shape. */
    @Override
    public Tensor apply(Scope scope, Tensor x) {
        Checks.features("rmsNorm", x);
        Tensor scale = scope.parameter("scale", Shape.of(x.dim(-1)), Initializer.ones());
        return x.mul(x.square().mean(Axes.keep(-1)).add(epsilon).rsqrt()).mul(scale);
    }
}
