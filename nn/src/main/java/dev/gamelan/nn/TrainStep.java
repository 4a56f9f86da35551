package dev.gamelan.nn;

import dev.gamelan.ir.Origin;
import dev.gamelan.shape.Shape;
import dev.gamelan.shape.ShapeException;
import dev.gamelan.tensor.RandomKey;
import dev.gamelan.tensor.Stepper;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.TensorMap;
import dev.gamelan.tensor.Tree;
import dev.gamelan.tensor.Trees;
import java.util.List;

/** One step of training as a pure function: what {@link TrainingRun} compiles. */
final class TrainStep<I extends Tree, O extends Tree, T extends Tree> {

    /** What moves from step to step. */
    record State(Learner.State learner, TensorMap carried) implements Tree {}

    /**
     * What a step gets.
     *
     * @param rate  a factor for the updates
     * @param fresh whether nothing is carried over into this step
     */
    record Input<I extends Tree, T extends Tree>(Batch<I, T> batch, Tensor rate, Tensor fresh) implements Tree {}

    /**
     * What a step gives.
     *
     * @param healthy whether loss and gradients were finite, as far as a quick look can tell
     */
    record Output(Tensor loss, List<Tensor> metrics, Tensor healthy) implements Tree {}

    private record Observed(List<Tensor> metrics) implements Tree {}

    private final Trainer<I, O, T> plan;
    private final ModelLearner<I, O> learner;

    TrainStep(Trainer<I, O, T> plan, Optimizer optimizer) {
        this.plan = plan;
        this.learner = new ModelLearner<>(plan.model, optimizer, plan.frozen);
    }

    State start() {
        return new State(learner.init(RandomKey.of(plan.seed)), plan.carryState ? carriedAtFirst() : TensorMap.of());
    }

    /** Zeros of the shapes that the model carries for batches like the first. */
    private TensorMap carriedAtFirst() {
        Trace trace = Trace.training(plan.model.weights(), RandomKey.of(plan.seed), path -> false, TensorMap.of());
        plan.model.block().apply(Scope.root(trace), plan.data.first().input());
        return trace.carried().map(Tensor::zerosLike);
    }

    long learned() {
        return Trees.size(learner.trainable(plan.model.weights().parameters()));
    }

    Stepper.Next<State, Output> step(State state, Input<I, T> input) {
        Batch<I, T> batch = input.batch;
        TensorMap carried = plan.carryState ? state.carried.map(held -> held.where(input.fresh.not(), held.zerosLike())) : TensorMap.of();
        ModelLearner.Stepped<Observed> stepped = learner.step(state.learner, input.rate, carried, net -> {
            O output = net.apply(batch.input());
            Tensor loss = Origin.inLayer("loss", () -> mean(plan.loss.apply(output, batch.target())));
            return new ModelLearner.Judged<>(loss, new Observed(Evaluation.observe(plan.metrics, output, batch.target())));
        });
        State next = new State(stepped.state(), plan.carryState ? stepped.carried() : TensorMap.of());
        Tensor finite = stepped.loss().isFinite();
        State kept = Trees.zip(next, state, (after, before) -> keepFinite(finite, after, before));
        return new Stepper.Next<>(kept, new Output(stepped.loss(), stepped.more().metrics(), stepped.healthy()));
    }

    /** The old value after a loss that is not finite, and where the new one is not: so weights survive, at no cost to speak of. */
    private static Tensor keepFinite(Tensor finite, Tensor after, Tensor before) {
        return after.where(after.dtype().isFloating() ? after.isFinite().and(finite) : finite, before);
    }

    private static Tensor mean(Tensor loss) {
        if (!loss.dtype().isFloating()) {
            throw ShapeException.of("a loss must be made of fractions", "FLOAT32 or FLOAT64", loss.dtype() + Shape.SCALAR.toString());
        }
        return loss.mean();
    }
}
