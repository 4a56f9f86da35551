package dev.gamelan.nn;

import java.io.PrintStream;
import java.util.Locale;
import java.util.stream.Collectors;

/** Shows a training as it runs: a bar that moves on a terminal, one line per epoch elsewhere. */
public final class ProgressBar implements TrainListener {

    private static final int WIDTH = 24;
    private static final long INTERVAL = 100_000_000;

    private final PrintStream out;
    private final boolean moving;
    private int epochs;
    private long shown;
    private int length;

    /** @param moving whether lines can be overwritten */
    public ProgressBar(PrintStream out, boolean moving) {
        this.out = out;
        this.moving = moving;
    }

    /** Moving if the program talks to a terminal. */
    public static ProgressBar onStandardError() {
        return new ProgressBar(System.err, System.console() != null && System.console().isTerminal());
    }

    @Override
    public void on(TrainEvent event, Control control) {
        switch (event) {
            case TrainEvent.RunStarted run -> start(run);
            case TrainEvent.StepEnded step -> step(step);
            case TrainEvent.EpochEnded epoch -> print(line(epoch), true);
            case TrainEvent.CheckpointSaved _ -> { }
            case TrainEvent.CheckpointFailed failed -> print("checkpoint not written: " + failed.reason() + "; training goes on", true);
            case TrainEvent.RunEnded ended -> {
                if (!ended.reason().equals("done")) {
                    print("stopped: " + ended.reason(), true);
                }
            }
        }
    }

    private void start(TrainEvent.RunStarted run) {
        epochs = run.epochs();
        print(String.format(Locale.ROOT, "%,d parameters, %,d examples, %,d steps per epoch%s", run.parameters(), run.examples(), run.steps(),
                run.epoch() == 1 ? "" : ", going on with epoch " + run.epoch()), true);
    }

    private void step(TrainEvent.StepEnded step) {
        long now = System.nanoTime();
        if (moving && now - shown >= INTERVAL) {
            shown = now;
            print(line(step), false);
        }
    }

    private String line(TrainEvent.StepEnded step) {
        int filled = (int) ((long) WIDTH * step.step() / step.steps());
        String metrics = step.metrics().entrySet().stream().map(entry -> "  " + figure(entry.getKey(), entry.getValue()))
                .collect(Collectors.joining());
        double left = step.examplesPerSecond() == 0 ? 0 : seconds(step);
        return String.format(Locale.ROOT, "epoch %d/%d [%s%s] %d/%d  %s%s  %,.0f/s  %s left", step.epoch(), epochs, "=".repeat(filled),
                " ".repeat(WIDTH - filled), step.step(), step.steps(), figure("loss", step.meanLoss()), metrics, step.examplesPerSecond(), time(left));
    }

    /** Of this epoch, at the speed so far. */
    private double seconds(TrainEvent.StepEnded step) {
        return (double) (step.steps() - step.step()) * examplesPerStep(step) / step.examplesPerSecond();
    }

    private double examplesPerStep(TrainEvent.StepEnded step) {
        return (double) step.examples() / step.steps();
    }

    private String line(TrainEvent.EpochEnded ended) {
        History.Epoch epoch = ended.epoch();
        StringBuilder line = new StringBuilder("epoch " + epoch.number() + "/" + epochs + "  " + figure("loss", epoch.loss()));
        for (int i = 0; i < epoch.metrics().size(); i++) {
            line.append("  ").append(figure(ended.history().names().get(i), epoch.metrics().get(i)));
        }
        epoch.validationLoss().ifPresent(loss -> line.append("  validation ").append(figure("loss", loss)));
        for (int i = 0; i < epoch.validationMetrics().size(); i++) {
            line.append("  ").append(figure(ended.history().names().get(i), epoch.validationMetrics().get(i)));
        }
        return line.append(String.format(Locale.ROOT, "  %,.0f/s  %s", epoch.examplesPerSecond(), time(epoch.seconds()))).toString();
    }

    private static String figure(String name, double value) {
        return name + String.format(Locale.ROOT, " %.4g", value);
    }

    private static String time(double seconds) {
        long whole = Math.round(seconds);
        return seconds < 10 ? String.format(Locale.ROOT, "%.1f s", seconds)
                : whole < 3600 ? String.format("%d:%02d", whole / 60, whole % 60)
                : String.format("%d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60);
    }

    private void print(String line, boolean end) {
        String padded = moving ? "\r" + line + " ".repeat(Math.max(0, length - line.length())) : line;
        length = end ? 0 : line.length();
        if (end) {
            out.println(padded);
        } else {
            out.print(padded);
        }
        out.flush();
    }
}
