package dev.gamelan.nn;

import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.TensorMap;
import dev.gamelan.tensor.Tree;
import java.util.Map;

/** All that a model learned: what follows gradients, and what training moves besides, each by path. */
public record Weights(TensorMap parameters, TensorMap buffers) implements Tree {

    static Weights of(Map<String, Tensor> parameters, Map<String, Tensor> buffers) {
        return new Weights(TensorMap.of(parameters), TensorMap.of(buffers));
    }

    /** The weights below a path, without it: those of {@code encoder.dense_1} under {@code dense_1}. */
    public Weights at(String prefix) {
        return new Weights(parameters.at(prefix), buffers.at(prefix));
    }

    /** These weights, with others in their place where the paths are the same, and the rest of the others. */
    public Weights merge(Weights other) {
        return new Weights(parameters.merge(other.parameters), buffers.merge(other.buffers));
    }

    /** How many numbers are learned. */
    public long count() {
        return parameters.values().stream().mapToLong(Tensor::size).sum();
    }
}
