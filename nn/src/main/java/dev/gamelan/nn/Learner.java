package dev.gamelan.nn;

import dev.gamelan.tensor.RandomKey;
import dev.gamelan.tensor.Stepper;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.Tree;
import java.util.function.Function;

/**
 * A model and an optimizer as pure functions, for training loops of one's own. Use them in a
 * {@link dev.gamelan.tensor.Stepper}, which updates the state in place.
 */
public interface Learner<I extends Tree, O extends Tree> {

    /** Everything that moves: weights, what the optimizer remembers, and the key of the next step. */
    record State(Weights weights, Optimizer.State slots, RandomKey key) implements Tree {}

    /** Starts from the weights that the model has now. The key decides what dropout and its like do. */
    State init(RandomKey key);

    /**
     * One step against the gradient.
     *
     * @param loss gets the model with weights that gradients reach, in training mode, and gives a scalar; it may call the
     *             model more than once
     */
    Stepper.Next<State, Tensor> step(State state, Function<Function<I, O>, Tensor> loss);
}
