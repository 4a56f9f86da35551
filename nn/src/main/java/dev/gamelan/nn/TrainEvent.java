package dev.gamelan.nn;

import java.nio.file.Path;
import java.util.Map;

/** What happens while a model learns. Epochs and steps count from 1. */
public sealed interface TrainEvent {

    /**
     * Before the first step.
     *
     * @param epochs     how many there will be at most
     * @param steps      per epoch
     * @param examples   per epoch
     * @param parameters that learn
     * @param epoch      the first one, and more than 1 if an earlier run is continued
     */
    record RunStarted(int epochs, int steps, int examples, long parameters, int epoch) implements TrainEvent {}

    /**
     * After each step.
     *
     * @param examples          per epoch
     * @param loss              of this step
     * @param meanLoss          over the epoch so far
     * @param metrics           over the epoch so far, by name
     * @param examplesPerSecond over the epoch so far
     */
    record StepEnded(int epoch, int step, int steps, int examples, double loss, double meanLoss, Map<String, Double> metrics,
            double examplesPerSecond)
            implements TrainEvent {}

    /** After each epoch and its validation. */
    record EpochEnded(History history) implements TrainEvent {

        /** The row of this epoch. */
        public History.Epoch epoch() {
            return history.epochs().getLast();
        }
    }

    /** After a checkpoint is safe on the disk. */
    record CheckpointSaved(Path file, int epoch, int step) implements TrainEvent {}

    /** A checkpoint could not be written; the one before is untouched, and training goes on. */
    record CheckpointFailed(Path file, String reason) implements TrainEvent {}

    /** At the end. The reason says why there were fewer epochs than planned, or is {@code "done"}. */
    record RunEnded(History history, String reason) implements TrainEvent {}
}
