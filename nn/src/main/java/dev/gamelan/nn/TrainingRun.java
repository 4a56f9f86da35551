package dev.gamelan.nn;

import dev.gamelan.shape.DType;
import dev.gamelan.shape.FormatException;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Stepper;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.Tree;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/** One training, from start or checkpoint to the end. */
final class TrainingRun<I extends Tree, O extends Tree, T extends Tree> implements Control {

    private static final Tensor YES = Tensor.ofBooleans(true).reshape(Shape.SCALAR).eval();
    private static final Tensor NO = Tensor.ofBooleans(false).reshape(Shape.SCALAR).eval();

    private final Trainer<I, O, T> plan;
    private final int steps;
    private final TrainStep<I, O, T> step;
    private final Stepper<TrainStep.State, TrainStep.Input<I, T>, TrainStep.Output> stepper;
    private final Optional<Evaluation<I, O, T>> validation;
    private final List<TrainListener> listeners;
    private final Totals totals;
    private Progress progress;
    private History history;
    private Optional<Weights> best = Optional.empty();
    private Tensor rate = Tensor.scalar(1);
    private Optional<String> stopped = Optional.empty();
    /** When the last checkpoint was. */
    private long written = System.nanoTime();

    /**
     * Where the training is.
     *
     * @param epoch    from 0
     * @param step     of the epoch, from 0: the next one
     * @param rate     the product of all factors that listeners gave
     * @param lossSum  of the losses of this epoch's steps, weighted by examples
     * @param examples of this epoch's steps
     */
    record Progress(int epoch, int step, double rate, double lossSum, long examples) {
        Progress after(double loss, int size) {
            return new Progress(epoch, step + 1, rate, lossSum + loss * size, examples + size);
        }

        Progress nextEpoch() {
            return new Progress(epoch + 1, 0, rate, 0, 0);
        }

        Progress scaled(double factor) {
            return new Progress(epoch, step, rate * factor, lossSum, examples);
        }

        double meanLoss() {
            return examples == 0 ? Double.NaN : lossSum / examples;
        }
    }

    TrainingRun(Trainer<I, O, T> plan) {
        this.plan = plan;
        this.steps = plan.data.count();
        if (steps == 0) {
            throw new IllegalArgumentException("there is nothing to train on: the data has no examples");
        }
        this.step = new TrainStep<>(plan, plan.optimizer.apply((long) plan.epochs * steps));
        this.totals = new Totals(plan.metrics);
        List<Metric<? super O, ? super T>> judged = new ArrayList<>(List.of(Metrics.<O, T>meanLoss(plan.loss)));
        judged.addAll(plan.metrics);
        this.validation = plan.validation.map(data -> new Evaluation<>(plan.model, judged));
        this.listeners = new ArrayList<>(plan.quiet ? List.of() : List.of(ProgressBar.onStandardError()));
        this.listeners.addAll(plan.listeners);
        this.progress = new Progress(0, 0, 1, 0, 0);
        this.history = new History(List.copyOf(plan.metrics), List.of());
        TrainStep.State start = step.start();
        this.stepper = Stepper.of(plan.resumed.isPresent() ? restore(plan.resumed.get(), start) : start, step::step);
    }

    private TrainStep.State restore(Path folder, TrainStep.State like) {
        Checkpoint checkpoint = Checkpoint.read(folder, like, plan.seed, history);
        progress = checkpoint.progress();
        if (progress.step() >= steps) {
            throw new FormatException("the training in " + folder + " stopped after " + progress.step() + " steps of an epoch; in this one"
                    + " an epoch has only " + steps);
        }
        history = checkpoint.history();
        best = checkpoint.best();
        rate = Tensor.scalar(progress.rate());
        totals.restore(checkpoint.totals());
        return checkpoint.state();
    }

    History run() {
        tell(new TrainEvent.RunStarted(plan.epochs, steps, plan.data.examples(), step.learned(), progress.epoch() + 1));
        checkPatience();
        while (progress.epoch() < plan.epochs && stopped.isEmpty()) {
            epoch();
        }
        plan.model.publish(best.filter(weights -> plan.keepBest).orElseGet(this::weights));
        tell(new TrainEvent.RunEnded(history, stopped.orElse("done")));
        return history;
    }

    private void epoch() {
        long begin = System.nanoTime();
        long before = progress.examples();
        for (Batch<I, T> batch : plan.data.epoch(progress.epoch(), progress.step())) {
            double loss = learn(batch);
            if (hears()) {
                double speed = (progress.examples() - before) / seconds(begin);
                tell(new TrainEvent.StepEnded(progress.epoch() + 1, progress.step(), steps, plan.data.examples(), loss, progress.meanLoss(),
                        metricsSoFar(), speed));
            }
            if (Thread.currentThread().isInterrupted()) {
                stop("interrupted");
            }
            boolean between = progress.step() < steps;
            if (between && (stopped.isPresent() || ((long) progress.epoch() * steps + progress.step()) % plan.checkpointSteps == 0)) {
                checkpoint();
            }
            if (between && stopped.isPresent()) {
                return;
            }
        }
        endEpoch(begin, (progress.examples() - before) / seconds(begin));
    }

    private double learn(Batch<I, T> batch) {
        TrainStep.Input<I, T> input = new TrainStep.Input<>(batch, rate, progress.step() == 0 ? YES : NO);
        TrainStep.Output output = stepper.step(input);
        double loss = output.loss().item();
        if (!output.healthy().itemBoolean()) {
            throw NonFinite.diagnose(progress.epoch() + 1, progress.step() + 1, loss, stepper.state(), input, step::step);
        }
        totals.add(output.metrics());
        progress = progress.after(loss, batch.size());
        return loss;
    }

    private void endEpoch(long begin, double speed) {
        OptionalDouble validationLoss = OptionalDouble.empty();
        List<Double> validationMetrics = List.of();
        if (validation.isPresent()) {
            double[] figures = validation.get().run(weights(), plan.validation.orElseThrow());
            validationLoss = OptionalDouble.of(figures[0]);
            validationMetrics = Arrays.stream(figures).skip(1).boxed().toList();
        }
        history = history
                .with(new History.Epoch(progress.epoch() + 1, progress.meanLoss(), Arrays.stream(totals.results()).boxed().toList(),
                        validationLoss, validationMetrics, seconds(begin), speed));
        if (plan.keepBest && bestEpoch() == progress.epoch() + 1) {
            best = Optional.of(weights());
        }
        progress = progress.nextEpoch();
        totals.restore(List.of());
        tell(new TrainEvent.EpochEnded(history));
        checkPatience();
        if (stopped.isPresent() || System.nanoTime() - written >= plan.checkpointPause.toNanos()) {
            checkpoint();
        }
    }

    private void checkPatience() {
        if (!history.epochs().isEmpty() && history.epochs().size() - bestEpoch() >= plan.patience) {
            stop("no better epoch in " + plan.patience + " after epoch " + bestEpoch());
        }
    }

    /** The number of the best epoch so far. */
    private int bestEpoch() {
        return plan.monitored.map(history::bestEpoch).orElseGet(history::bestEpoch).number();
    }

    private void checkpoint() {
        if (plan.checkpoints.isEmpty()) {
            return;
        }
        Path file = plan.checkpoints.get().resolve(Checkpoint.FILE);
        boolean interrupted = Thread.interrupted(); // which would close the file while it is written
        try {
            new Checkpoint(stepper.state(), progress, totals.sums(), history, best).write(file, plan.seed);
        } catch (java.io.UncheckedIOException e) {
            tell(new TrainEvent.CheckpointFailed(file, String.valueOf(e.getMessage())));
            return;
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
        written = System.nanoTime();
        tell(new TrainEvent.CheckpointSaved(file, progress.epoch() + 1, progress.step()));
    }

    private Map<String, Double> metricsSoFar() {
        if (plan.metrics.isEmpty()) {
            return Map.of();
        }
        List<String> names = history.names();
        double[] results = totals.results();
        Map<String, Double> metrics = LinkedHashMap.newLinkedHashMap(results.length);
        for (int i = 0; i < results.length; i++) {
            metrics.put(names.get(i), results[i]);
        }
        return metrics;
    }

    private boolean hears() {
        return !listeners.isEmpty();
    }

    private void tell(TrainEvent event) {
        listeners.forEach(listener -> listener.on(event, this));
    }

    private static double seconds(long begin) {
        return Math.max(1, System.nanoTime() - begin) * 1e-9;
    }

    // ---- control -------------------------------------------------------------------------------------------------

    @Override
    public void stop(String reason) {
        stopped = stopped.or(() -> Optional.of(reason));
    }

    @Override
    public void scaleLearningRate(double factor) {
        progress = progress.scaled(factor);
        rate = Tensor.full(DType.FLOAT32, Shape.SCALAR, progress.rate());
    }

    @Override
    public Weights weights() {
        return stepper.state().learner().weights();
    }
}
