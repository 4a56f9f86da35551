package dev.gamelan.nn;

import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Axes;
import dev.gamelan.tensor.Tensor;

/**
 * Normalizes each feature over the batch and the spatial axes, and learns a scale and a bias (Ioffe and Szegedy, 2015).
 * In inference the running mean and variance are used; training moves them by {@code 1 - momentum} of the way.
 */
public record BatchNorm(double momentum, double epsilon) implements Layer {

    public BatchNorm {
        Checks.between("batchNorm", "momentum", 0, 1, momentum);
    }

    public BatchNorm momentum(double value) {
        return new BatchNorm(value, epsilon);
    }

    public BatchNorm epsilon(double value) {
        return new BatchNorm(momentum, value);
    }

    /** x: (..., features) -> the same shape. */
    @Override
    public Tensor apply(Scope scope, Tensor x) {
        Checks.features("batchNorm", x);
        Shape features = Shape.of(x.dim(-1));
        Scope.Slot mean = scope.buffer("mean", features, Initializer.zeros());
        Scope.Slot variance = scope.buffer("variance", features, Initializer.ones());
        Tensor scale = scope.parameter("scale", features, Initializer.ones());
        Tensor bias = scope.parameter("bias", features, Initializer.zeros());
        if (!scope.training()) {
            return scaled(x.sub(mean.get()), variance.get(), scale, bias);
        }
        Axes rows = Axes.of(java.util.stream.IntStream.range(0, x.rank() - 1).toArray());
        Tensor m = x.mean(rows);
        // In one place for the variance and the result: then one sum over all rows leads back through the mean, not two.
        Tensor centered = x.sub(m);
        Tensor v = centered.square().mean(rows);
        mean.set(mean.get().mul(momentum).add(m.mul(1 - momentum)));
        variance.set(variance.get().mul(momentum).add(v.mul(1 - momentum)));
        return scaled(centered, v, scale, bias);
    }

    private Tensor scaled(Tensor centered, Tensor v, Tensor scale, Tensor bias) {
        return centered.mul(v.add(epsilon).rsqrt().mul(scale)).add(bias);
    }
}
