package dev.gamelan.cli;

import dev.gamelan.nn.Model;
import dev.gamelan.nn.Weights;
import dev.gamelan.tensor.Parametric;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.TensorMap;
import java.util.List;

/** A model as a function with named parameters, its buffers among them. */
record ModelFunction(Model<Tensor, Tensor> model) implements Parametric {

    static TensorMap inputs(Tensor example) {
        return TensorMap.of("input", example);
    }

    @Override
    public TensorMap parameters() {
        return model.weights().parameters().merge(model.weights().buffers());
    }

    @Override
    public List<String> inputs() {
        return List.of("input");
    }

    @Override
    public List<String> outputs() {
        return List.of("output");
    }

    @Override
    public TensorMap apply(TensorMap parameters, TensorMap inputs, List<String> wanted) {
        Weights own = model.weights();
        TensorMap learned = own.parameters().map((path, _) -> parameters.get(path));
        TensorMap buffers = own.buffers().map((path, _) -> parameters.get(path));
        return TensorMap.of("output", model.apply(new Weights(learned, buffers), inputs.get("input")));
    }
}
