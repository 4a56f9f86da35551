package dev.gamelan.nn;

import dev.gamelan.shape.NameException;
import dev.gamelan.shape.Shape;
import dev.gamelan.shape.ShapeException;
import dev.gamelan.tensor.Aux;
import dev.gamelan.tensor.Functions;
import dev.gamelan.tensor.RandomKey;
import dev.gamelan.tensor.Stepper;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.TensorMap;
import dev.gamelan.tensor.Tree;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;

/** A learner for some of a model's parameters; the others are frozen. */
final class ModelLearner<I extends Tree, O extends Tree> implements Learner<I, O> {

    /** What a caller makes of a pass: the loss, and anything else worth bringing out. */
    record Judged<A extends Tree>(Tensor loss, A more) implements Tree {}

    /** What moved while the loss was computed. */
    private record Side<A extends Tree>(TensorMap buffers, TensorMap carried, A more) implements Tree {}

    /** One step's results; {@code healthy} is whether loss and gradients are finite, as far as a quick look can tell. */
    record Stepped<A extends Tree>(State state, TensorMap carried, Tensor loss, A more, Tensor healthy) implements Tree {}

    private final Model<I, O> model;
    private final Optimizer optimizer;
    private final List<String> frozen;

    ModelLearner(Model<I, O> model, Optimizer optimizer) {
        this(model, optimizer, List.of());
    }

    ModelLearner(Model<I, O> model, Optimizer optimizer, List<String> frozen) {
        this.model = model;
        this.optimizer = optimizer;
        this.frozen = frozen;
        TensorMap parameters = model.weights().parameters();
        for (String glob : frozen) {
            if (parameters.select(glob).isEmpty()) {
                throw new NameException("freeze(\"" + glob + "\") matches no parameter; there are " + parameters.paths());
            }
        }
        if (trainable(parameters).isEmpty()) {
            throw new NameException("there is nothing to train\n  expected  at least one parameter that is not frozen\n  received  "
                    + (parameters.isEmpty() ? "a model without parameters; integers, such as quantized weights, are none"
                            : parameters.size() + " parameters, all frozen by " + frozen));
        }
    }

    @Override
    public State init(RandomKey key) {
        Weights weights = model.weights();
        return new State(weights, optimizer.init(trainable(weights.parameters())), key);
    }

    @Override
    public Stepper.Next<State, Tensor> step(State state, Function<Function<I, O>, Tensor> loss) {
        Stepped<TensorMap> stepped = step(state, Tensor.scalar(1), TensorMap.of(), net -> new Judged<>(loss.apply(net), TensorMap.of()));
        return new Stepper.Next<>(stepped.state(), stepped.loss());
    }

    /**
     * One step.
     *
     * @param rate    a factor for the updates
     * @param carried what the last step carried over
     */
    <A extends Tree> Stepped<A> step(State state, Tensor rate, TensorMap carried, Function<Function<I, O>, Judged<A>> loss) {
        TensorMap all = state.weights().parameters();
        TensorMap trained = trainable(all);
        List<String> order = new ArrayList<>();
        var graded = Functions.valueAndGradAux((TensorMap parameters) -> {
            Weights weights = new Weights(all.merge(parameters), state.weights().buffers());
            Trace trace = Trace.training(weights, state.key(), frozenScopes(all), carried);
            Judged<A> judged = loss.apply(input -> model.block().apply(Scope.root(trace), input));
            trace.finish(false);
            order.addAll(trace.asked());
            checkScalar(judged.loss());
            return new Aux<>(judged.loss(), new Side<>(trace.weights().buffers(), trace.carried(), judged.more()));
        }).apply(trained);
        Side<A> side = graded.aux();
        Optimizer.Step<TensorMap> moved = optimizer.step(trained, graded.gradient(), state.slots(), rate);
        Weights weights = new Weights(all.merge(moved.parameters()), side.buffers());
        State next = new State(weights, moved.state(), state.key().at("next step"));
        return new Stepped<>(next, side.carried().map(Tensor::stopGradient), graded.value(), side.more(),
                healthy(graded.value(), graded.gradient(), order));
    }

    /**
     * A number that is not finite flows back to the layers before it. So the gradients of the first layer tell of nearly
     * all, and the smallest of them costs next to nothing to look at.
     */
    private static Tensor healthy(Tensor loss, TensorMap gradients, List<String> order) {
        Optional<String> first = order.stream().filter(gradients::contains).findFirst();
        Tensor finite = loss.isFinite();
        return first.map(Names::parent).map(scope -> gradients.paths().stream().filter(path -> Names.parent(path).equals(scope))
                .map(gradients::get).min(Comparator.comparingLong(Tensor::size)).orElseThrow())
                .map(gradient -> finite.and(gradient.isFinite().all())).orElse(finite);
    }

    TensorMap trainable(TensorMap parameters) {
        TensorMap result = parameters;
        for (String glob : frozen) {
            result = result.without(glob);
        }
        return result;
    }

    /** A scope does not learn if a pattern covers all below it, or if all its parameters are frozen. */
    private Predicate<String> frozenScopes(TensorMap parameters) {
        TensorMap trained = trainable(parameters);
        return path -> frozen.stream().anyMatch(glob -> Names.glob(glob).matcher(path + ".").matches())
                || !path.isEmpty() && !parameters.at(path).isEmpty() && trained.at(path).isEmpty();
    }

    private static void checkScalar(Tensor loss) {
        if (loss.rank() != 0) {
            throw ShapeException.of("a loss must be one number", Shape.SCALAR + ", such as loss.mean()", loss.shape().toString());
        }
    }
}
