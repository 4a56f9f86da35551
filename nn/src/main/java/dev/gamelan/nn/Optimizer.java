package dev.gamelan.nn;

import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.TensorMap;
import dev.gamelan.tensor.Tree;
import dev.gamelan.tensor.Trees;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/** How gradients move parameters: transforms in the order in which they run. */
public record Optimizer(List<Transform> chain) {

    public Optimizer {
        chain = List.copyOf(chain);
    }

    /** What an optimizer remembers from step to step, by the number of the transform and the path of the parameter. */
    public record State(TensorMap slots) implements Tree {}

    /** Moved parameters, and what to remember. */
    public record Step<P extends Tree>(P parameters, State state) implements Tree {}

    /** The state before the first step. */
    public State init(Tree parameters) {
        return new State(Chains.init(chain, Trees.toMap(parameters)));
    }

    /** One step. Parameters may be any structure of tensors; the gradients have the same. */
    public <P extends Tree> Step<P> step(P parameters, P gradients, State state) {
        return move(parameters, gradients, state, UnaryOperator.identity());
    }

    /** One step whose updates are scaled by a factor in the end. */
    <P extends Tree> Step<P> step(P parameters, P gradients, State state, Tensor factor) {
        return move(parameters, gradients, state, update -> update.mul(factor.cast(update.dtype())));
    }

    private <P extends Tree> Step<P> move(P parameters, P gradients, State state, UnaryOperator<Tensor> last) {
        TensorMap before = Trees.toMap(parameters);
        Transform.Change change = Chains.update(chain, Trees.toMap(gradients), state.slots(), before);
        TensorMap after = before.zip(change.updates(), (p, u) -> p.add(last.apply(u)));
        return new Step<>(Trees.fromMap(parameters, after), new State(change.slots()));
    }

    /**
     * Another optimizer for the parameters that a pattern matches ({@code *} is one step of a path, {@code **} any
     * number). A pattern that matches nothing is a {@link dev.gamelan.shape.NameException} when training starts.
     */
    public Optimizer on(String glob, Optimizer other) {
        return new Optimizer(List.of(new Transforms.Routed(glob, other.chain, chain)));
    }

    /** This optimizer's transforms, then another's. */
    public Optimizer then(Optimizer other) {
        List<Transform> all = new ArrayList<>(chain);
        all.addAll(other.chain);
        return new Optimizer(all);
    }
}
