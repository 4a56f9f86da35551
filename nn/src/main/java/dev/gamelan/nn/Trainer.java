package dev.gamelan.nn;

import dev.gamelan.tensor.Tree;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.LongFunction;
import java.util.stream.Stream;

/**
 * A plan for training. Each method gives another plan; {@link #run} carries it out. Unless said otherwise: one epoch of
 * Adam at a rate of 1e-3, seed 42, with a progress bar on standard error.
 */
public final class Trainer<I extends Tree, O extends Tree, T extends Tree> {

    final Model<I, O> model;
    final Loss<? super O, ? super T> loss;
    Batches<I, T> data;
    LongFunction<Optimizer> optimizer = steps -> Optimizers.adam(1e-3);
    int epochs = 1;
    long seed = 42;
    Optional<Batches<I, T>> validation = Optional.empty();
    List<Metric<? super O, ? super T>> metrics = List.of();
    List<String> frozen = List.of();
    boolean carryState;
    Optional<Path> checkpoints = Optional.empty();
    int checkpointSteps = Integer.MAX_VALUE;
    Duration checkpointPause = Duration.ZERO;
    Optional<Path> resumed = Optional.empty();
    int patience = Integer.MAX_VALUE;
    boolean keepBest;
    Optional<Metric<?, ?>> monitored = Optional.empty();
    List<TrainListener> listeners = List.of();
    boolean quiet;

    Trainer(Model<I, O> model, Batches<I, T> data, Loss<? super O, ? super T> loss) {
        this.model = model;
        this.data = data;
        this.loss = loss;
    }

    private Trainer<I, O, T> with(Consumer<Trainer<I, O, T>> change) {
        Trainer<I, O, T> copy = new Trainer<>(model, data, loss);
        copy.optimizer = optimizer;
        copy.epochs = epochs;
        copy.seed = seed;
        copy.validation = validation;
        copy.metrics = metrics;
        copy.frozen = frozen;
        copy.carryState = carryState;
        copy.checkpoints = checkpoints;
        copy.checkpointSteps = checkpointSteps;
        copy.checkpointPause = checkpointPause;
        copy.resumed = resumed;
        copy.patience = patience;
        copy.keepBest = keepBest;
        copy.monitored = monitored;
        copy.listeners = listeners;
        copy.quiet = quiet;
        change.accept(copy);
        return copy;
    }

    public Trainer<I, O, T> optimizer(Optimizer value) {
        return with(plan -> plan.optimizer = steps -> value);
    }

    /** An optimizer whose schedules need to know how many steps there will be. */
    public Trainer<I, O, T> optimizer(LongFunction<Optimizer> forSteps) {
        return with(plan -> plan.optimizer = forSteps);
    }

    /** How often all examples are seen, at most. */
    public Trainer<I, O, T> epochs(int count) {
        return with(plan -> plan.epochs = Checks.positive("train", "epochs", count));
    }

    /** Decides what dropout and its like do, and the order of the data. */
    public Trainer<I, O, T> seed(long value) {
        return with(plan -> {
            plan.seed = value;
            plan.data = data.seed(value);
        });
    }

    /** After each epoch, loss and metrics over this data too. */
    public Trainer<I, O, T> validate(Batches<I, T> batches) {
        return with(plan -> plan.validation = Optional.of(batches));
    }

    /** Observes one more metric. */
    public Trainer<I, O, T> metric(Metric<? super O, ? super T> metric) {
        return with(plan -> plan.metrics = append(metrics, metric));
    }

    /**
     * Keeps the parameters that a pattern matches as they are ({@code *} is one step of a path, {@code **} any number).
     * Layers of which all parameters are frozen also run as in inference.
     */
    public Trainer<I, O, T> freeze(String glob) {
        return with(plan -> plan.frozen = append(frozen, glob));
    }

    /** What a layer carries goes on from batch to batch, cut from the gradient there, and starts afresh with each epoch. */
    public Trainer<I, O, T> carryState() {
        return with(plan -> plan.carryState = true);
    }

    /** After each epoch, writes all it takes to go on into this folder; see {@link #resume}. */
    public Trainer<I, O, T> checkpoints(Path folder) {
        return checkpoints(folder, Integer.MAX_VALUE);
    }

    /** {@link #checkpoints(Path)}, and also after every so many steps. */
    public Trainer<I, O, T> checkpoints(Path folder, int everySteps) {
        return with(plan -> {
            plan.checkpoints = Optional.of(folder);
            plan.checkpointSteps = Checks.positive("checkpoints", "steps", everySteps);
        });
    }

    /** Writes no checkpoint for so long after the last one, unless training is stopped: for short epochs. */
    public Trainer<I, O, T> checkpointPause(Duration pause) {
        return with(plan -> plan.checkpointPause = pause);
    }

    /**
     * Goes on from the checkpoint in a folder, to the same bits as if the training had never stopped. Data, model,
     * optimizer and seed must be those of that training; {@link #checkpoints} says where further ones go.
     */
    public Trainer<I, O, T> resume(Path folder) {
        return with(plan -> plan.resumed = Optional.of(folder));
    }

    /** Ends when so many epochs in a row were not better than the best; see {@link #monitor}. */
    public Trainer<I, O, T> earlyStopping(int epochsInARow) {
        return with(plan -> plan.patience = Checks.positive("earlyStopping", "patience", epochsInARow));
    }

    /** Publishes the weights of the best epoch instead of the last; see {@link #monitor}. */
    public Trainer<I, O, T> keepBest() {
        return with(plan -> plan.keepBest = true);
    }

    /** What the best epoch is best in; unless said, the loss. Over the validation data if there is any. */
    public Trainer<I, O, T> monitor(Metric<? super O, ? super T> metric) {
        return with(plan -> {
            plan.monitored = Optional.of(metric);
            plan.metrics = metrics.contains(metric) ? metrics : append(metrics, metric);
        });
    }

    public Trainer<I, O, T> on(TrainListener listener) {
        return with(plan -> plan.listeners = append(listeners, listener));
    }

    /** Hears one kind of event. */
    public <E extends TrainEvent> Trainer<I, O, T> on(Class<E> kind, Consumer<E> listener) {
        return on((event, control) -> {
            if (kind.isInstance(event)) {
                listener.accept(kind.cast(event));
            }
        });
    }

    /** No progress bar. */
    public Trainer<I, O, T> quiet() {
        return with(plan -> plan.quiet = true);
    }

    /**
     * Trains, and publishes the weights to the model in the end. An interrupt of the thread ends it after a step, as
     * {@link Control#stop} does.
     *
     * @throws dev.gamelan.shape.NonFiniteException if the loss is no finite number; the message names where that began
     */
    public History run() {
        return new TrainingRun<>(this).run();
    }

    private static <E> List<E> append(List<E> list, E item) {
        return Stream.concat(list.stream(), Stream.of(item)).toList();
    }
}
