package dev.gamelan.tensor;

import dev.gamelan.shape.ShapeException;
import java.util.List;

/** A function with other values of its parameters. */
record Reparametrized(Parametric function, TensorMap parameters) implements Parametric {

    static Reparametrized of(Parametric function, TensorMap values) {
        TensorMap before = function.parameters();
        values.forEach((name, value) -> {
            Tensor old = before.get(name);
            if (!old.shape().equals(value.shape()) || old.dtype() != value.dtype()) {
                throw ShapeException.of("parameter '" + name + "'", old.dtype() + " " + old.shape(), value.dtype() + " " + value.shape());
            }
        });
        return new Reparametrized(function, before.map((name, value) -> values.getOrDefault(name, value)));
    }

    @Override
    public TensorMap parametersFor(List<String> wanted) {
        return function.parametersFor(wanted).map((name, _) -> parameters.get(name));
    }

    @Override
    public List<String> inputs() {
        return function.inputs();
    }

    @Override
    public List<String> outputs() {
        return function.outputs();
    }

    @Override
    public TensorMap apply(TensorMap given, TensorMap inputs, List<String> wanted) {
        return function.apply(given, inputs, wanted);
    }
}
