package dev.gamelan.cli;

import static dev.gamelan.nn.Losses.mse;
import static dev.gamelan.nn.Losses.softmaxCrossEntropy;
import static dev.gamelan.nn.Metrics.accuracy;
import static dev.gamelan.nn.Metrics.rmse;

import dev.gamelan.nn.Batches;
import dev.gamelan.nn.History;
import dev.gamelan.nn.Loss;
import dev.gamelan.nn.Metric;
import dev.gamelan.nn.Model;
import dev.gamelan.nn.Optimizers;
import dev.gamelan.nn.Schedule;
import dev.gamelan.nn.TrainEvent;
import dev.gamelan.nn.Trainer;
import dev.gamelan.tensor.Tensor;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/** One training by its settings, from the start or from a checkpoint. */
record Training(RunSettings settings, RunFolder folder, TrainingData data, boolean quiet, Consumer<String> note) {

    private static final String INTERRUPTED = "interrupted";
    private static final int VALIDATION_BATCH = 256;
    /** Between checkpoints that only an interruption has a use for. */
    private static final Duration PAUSE = Duration.ofSeconds(10);

    /**
     * How it went.
     *
     * @param seconds of training alone
     * @param speed   examples per second
     */
    record Outcome(boolean interrupted, int epochs, double seconds, double speed, String progress) {}

    /**
     * Trains the model, whose weights are then those of the epoch with the smallest validation loss.
     *
     * @param shouldStop asked after each step; if so, a checkpoint is written and the training ends
     */
    Outcome run(Model<Tensor, Tensor> model, BooleanSupplier shouldStop) {
        boolean classes = data.input().labels().isPresent();
        Recipe recipe = Recipe.of(settings.source(), data, settings.model());
        Loss<Tensor, Tensor> loss = classes ? softmaxCrossEntropy(recipe.smoothing()) : mse();
        Metric<Tensor, Tensor> metric = classes ? accuracy() : rmse();
        Batches<Tensor, Tensor> batches = recipe.augment().of(data.train().shuffledBatches(settings.batch()));
        Trainer<Tensor, Tensor, Tensor> trainer = model.train(batches, loss)
                .optimizer(steps -> Optimizers.adamW(Schedule.cosine(settings.rate(), steps).warmup(steps / 20), Recipe.WEIGHT_DECAY))
                .epochs(settings.epochs()).seed(settings.seed())
                .validate(data.validation().batches(VALIDATION_BATCH)).metric(metric)
                .keepBest().checkpoints(folder.path()).checkpointPause(folder.kept() ? Duration.ZERO : PAUSE);
        if (folder.hasCheckpoint()) {
            trainer = trainer.resume(folder.path());
        }
        if (quiet) {
            trainer = trainer.quiet();
        }
        return observe(trainer, shouldStop);
    }

    private Outcome observe(Trainer<Tensor, Tensor, Tensor> trainer, BooleanSupplier shouldStop) {
        String[] ended = {"", ""};
        long start = System.nanoTime();
        History history = trainer.on((event, control) -> {
            switch (event) {
                case TrainEvent.StepEnded step -> {
                    ended[0] = "epoch " + step.epoch() + ", step " + step.step() + " of " + step.steps();
                    if (shouldStop.getAsBoolean()) {
                        control.stop(INTERRUPTED);
                    }
                }
                case TrainEvent.EpochEnded epoch -> {
                    if (folder.kept()) {
                        writeHistory(epoch.history());
                    }
                }
                case TrainEvent.RunEnded end -> ended[1] = end.reason();
                case TrainEvent.RunStarted _, TrainEvent.CheckpointSaved _, TrainEvent.CheckpointFailed _ -> {}
            }
        }).run();
        double seconds = (System.nanoTime() - start) * 1e-9;
        double speed = history.epochs().size() / history.epochs().stream().mapToDouble(epoch -> 1 / epoch.examplesPerSecond()).sum();
        return new Outcome(ended[1].equals(INTERRUPTED), history.epochs().size(), seconds, speed, ended[0]);
    }

    /** A full disk is no reason to lose the training as well; the checkpoint holds the history too. */
    private void writeHistory(History history) {
        try {
            history.writeJson(folder.path().resolve("history.json"));
            history.writeCsv(folder.path().resolve("history.csv"));
        } catch (UncheckedIOException e) {
            note.accept(e.getMessage() + "; training goes on");
        }
    }
}
