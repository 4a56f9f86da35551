package dev.gamelan.benchmarks;

import dev.gamelan.ir.Flops;
import dev.gamelan.ir.Graph;
import dev.gamelan.kernel.Lowering;
import dev.gamelan.kernel.Target;
import dev.gamelan.nn.Batch;
import dev.gamelan.nn.Learner;
import dev.gamelan.nn.Loss;
import dev.gamelan.nn.Model;
import dev.gamelan.nn.Optimizer;
import dev.gamelan.pass.Passes;
import dev.gamelan.plan.Planner;
import dev.gamelan.tensor.Functions;
import dev.gamelan.tensor.RandomKey;
import dev.gamelan.tensor.Stepper;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.Trees;

/** A whole step of training on one batch: to be run, and to be counted. */
final class TrainingStep {

    /** What the compiler fuses at most; the plan hardly depends on it. */
    private static final int LARGEST_KERNEL = 45;

    private final Learner<Tensor, Tensor> learner;
    private final Learner.State initial;
    private final Loss<Tensor, Tensor> loss;
    private final Batch<Tensor, Tensor> batch;

    TrainingStep(Model<Tensor, Tensor> model, Optimizer optimizer, Loss<Tensor, Tensor> loss, Batch<Tensor, Tensor> batch) {
        this.learner = model.learner(optimizer);
        this.initial = learner.init(RandomKey.of(1));
        this.loss = loss;
        this.batch = batch;
    }

    private Stepper.Next<Learner.State, Tensor> next(Learner.State state, Batch<Tensor, Tensor> data) {
        return learner.step(state, net -> loss.apply(net.apply(data.input()), data.target()).mean());
    }

    /** Starts anew; each call does a step and looks at the loss. */
    Runnable runs() {
        Stepper<Learner.State, Batch<Tensor, Tensor>, Tensor> stepper = Stepper.of(initial, this::next);
        return () -> {
            double value = stepper.step(batch).item();
            if (!Double.isFinite(value)) {
                throw new IllegalStateException("the loss is not a number: " + value);
            }
        };
    }

    private Graph optimized() {
        return Passes.optimize(Functions.graph((Learner.State state) -> next(state, batch), initial));
    }

    /** What the optimized step has to compute, whatever way is chosen: see {@link Flops}. */
    long flops() {
        return Flops.of(optimized());
    }

    /** The pooled memory of the step's plan: all but weights, the optimizer's state, data and results. */
    long arenaBytes() {
        return Planner.plan(Lowering.lower(optimized(), Trees.leaves(initial).size(), new Target(LARGEST_KERNEL))).arenaBytes();
    }

    /** Of weights and the optimizer's state. */
    long stateBytes() {
        return Trees.leaves(initial).stream().mapToLong(leaf -> leaf.size() * leaf.dtype().bytes()).sum();
    }
}
