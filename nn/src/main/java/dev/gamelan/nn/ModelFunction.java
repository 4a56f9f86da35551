package dev.gamelan.nn;

import dev.gamelan.tensor.Parametric;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.TensorMap;
import dev.gamelan.tensor.Tree;
import dev.gamelan.tensor.Trees;
import java.util.List;

/**
 * Inference as a function of named tensors, with weights of a moment; see {@link Model#parametric}.
 *
 * @param example for the structure of inputs
 */
record ModelFunction<I extends Tree, O extends Tree>(Model<I, O> model, Weights weights, I example, List<String> outputs)
        implements Parametric {

    static <I extends Tree, O extends Tree> ModelFunction<I, O> of(Model<I, O> model) {
        Tree output = model.structure().output();
        I example = model.example().orElseThrow();
        List<String> inputs = names(example, "input");
        List<String> outputs = names(output, "output").stream().map(name -> inputs.contains(name) ? "output." + name : name).toList();
        return new ModelFunction<>(model, model.weights(), example, outputs);
    }

    /** A lone tensor has no path. */
    private static List<String> names(Tree tree, String lone) {
        return Trees.paths(tree).stream().map(path -> path.isEmpty() ? lone : path).toList();
    }

    @Override
    public TensorMap parameters() {
        return weights.parameters().merge(weights.buffers());
    }

    @Override
    public List<String> inputs() {
        return names(example, "input");
    }

    @Override
    public TensorMap apply(TensorMap parameters, TensorMap inputs, List<String> wanted) {
        Weights given = new Weights(weights.parameters().map((path, _) -> parameters.get(path)),
                weights.buffers().map((path, _) -> parameters.get(path)));
        O output = model.apply(given, Trees.withLeaves(example, inputs().stream().map(inputs::get).toList()));
        List<Tensor> leaves = Trees.leaves(output);
        TensorMap.Builder results = new TensorMap.Builder();
        wanted.forEach(name -> results.put(name, leaves.get(outputs.indexOf(name))));
        return results.build();
    }
}
