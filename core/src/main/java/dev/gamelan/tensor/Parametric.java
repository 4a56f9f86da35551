package dev.gamelan.tensor;

import java.util.List;

/**
 * A function with parameters that have names and values, such as an imported network. It has no state: whoever trains it
 * calls it with other parameters.
 */
@CheckReturnValue
public interface Parametric {

    /** The parameters that it came with, by name. */
    TensorMap parameters();

    /** Those of them that some results need. */
    default TensorMap parametersFor(List<String> wanted) {
        return parameters();
    }

    /**
     * The same function with other values of some parameters, such as trained ones.
     *
     * @throws dev.gamelan.shape.NameException if it has no parameter of a name
     * @throws dev.gamelan.shape.ShapeException if a value has another shape or type
     */
    default Parametric with(TensorMap values) {
        return Reparametrized.of(this, values);
    }

    /** The names of the inputs, in order. */
    List<String> inputs();

    /** The names of the outputs, in order. */
    List<String> outputs();

    /**
     * Lazy, so it becomes a part of whatever calls it.
     *
     * @param parameters with the names, shapes and types of {@link #parameters}
     * @param inputs by name
     * @param wanted what to compute: outputs, or names of inner values where the function has such
     */
    TensorMap apply(TensorMap parameters, TensorMap inputs, List<String> wanted);

    /** All outputs. */
    default TensorMap apply(TensorMap parameters, TensorMap inputs) {
        return apply(parameters, inputs, outputs());
    }
}
