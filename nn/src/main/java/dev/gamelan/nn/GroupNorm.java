package dev.gamelan.nn;

import dev.gamelan.shape.Shape;
import dev.gamelan.shape.ShapeException;
import dev.gamelan.tensor.Axes;
import dev.gamelan.tensor.Tensor;

/**
 * Normalizes each example over its spatial axes and groups of neighboring features, and learns a scale and a bias for each
 * feature (Wu and He, 2018). Independent of the batch, and the same in training and inference.
 */
public record GroupNorm(int groups, double epsilon) implements Layer {

    public GroupNorm {
        Checks.positive("groupNorm", "groups", groups);
    }

    public GroupNorm epsilon(double value) {
        return new GroupNorm(groups, value);
    }

    /** x: (B, spatial..., features) -> the same shape. */
    @Override
    public Tensor apply(Scope scope, Tensor x) {
        Checks.features("groupNorm", x);
        int features = x.dim(-1);
        if (features % groups != 0) {
            throw ShapeException.of("groupNorm: features do not divide into groups", "a multiple of " + groups + " features",
                    x.shape().toString());
        }
        Tensor scale = scope.parameter("scale", Shape.of(features), Initializer.ones());
        Tensor bias = scope.parameter("bias", Shape.of(features), Initializer.zeros());
        int places = x.shape().slice(1, x.rank() - 1).length();
        Tensor grouped = x.reshape(Shape.of(x.dim(0), places, groups, features / groups));
        Tensor centered = grouped.sub(grouped.mean(Axes.keep(1, 3)));
        Tensor normal = centered.mul(centered.square().mean(Axes.keep(1, 3)).add(epsilon).rsqrt());
        return normal.reshape(x.shape()).mul(scale).add(bias);
    }
}
