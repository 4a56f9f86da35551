package dev.gamelan.nn;

import dev.gamelan.tensor.Parametric;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.TensorMap;
import java.util.List;

/**
 * A part of an imported network, with its own parameters: see {@link Layers#imported}. A model with such a layer saves
 * weights, but no architecture.
 *
 * @param network what it reads and computes
 * @param input the name of the input that x becomes; {@link #apply(Scope, TensorMap)} takes several
 * @param output the name of a result, or of a value inside
 */
public record Imported(Parametric network, String input, String output) implements Layer {

    /** x and the result have the shapes that the network gives them. */
    @Override
    public Tensor apply(Scope scope, Tensor x) {
        return apply(scope, TensorMap.of(input, x));
    }

    /** All inputs that the output needs, by their names. */
    public Tensor apply(Scope scope, TensorMap inputs) {
        TensorMap parameters = network.parametersFor(List.of(output))
                .map((name, value) -> scope.parameter(name, value.shape(), Initializer.of(value)).cast(value.dtype()));
        return network.apply(parameters, inputs, List.of(output)).get(output);
    }
}
