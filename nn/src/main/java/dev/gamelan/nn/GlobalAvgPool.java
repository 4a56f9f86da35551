package dev.gamelan.nn;

import dev.gamelan.tensor.Axes;
import dev.gamelan.tensor.Tensor;

/** The mean over all spatial axes: (B, spatial..., C) -> (B, C). */
public record GlobalAvgPool() implements Layer {

    @Override
    public Tensor apply(Scope scope, Tensor x) {
        Checks.features("globalAvgPool", x);
        return x.mean(Axes.of(java.util.stream.IntStream.range(1, x.rank() - 1).toArray()));
    }
}
