package dev.gamelan.nn;

import dev.gamelan.tensor.Axes;
import dev.gamelan.tensor.Tensor;

/** The largest element over all spatial axes: (B, spatial..., C) -> (B, C). */
public record GlobalMaxPool() implements Layer {

    @Override
    public Tensor apply(Scope scope, Tensor x) {
        Checks.features("globalMaxPool", x);
        return x.max(Axes.of(java.util.stream.IntStream.range(1, x.rank() - 1).toArray()));
    }
}
