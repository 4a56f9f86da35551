package dev.gamelan.nn;

import java.io.PrintStream;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Shows a training as it runs: a bar that moves on a terminal, and a line for each epoch; where epochs are shorter than
 * half a second, for the first, the last and some between.
 */
public final class ProgressBar implements TrainListener {

    /** A system property with the width of the terminal that standard error goes to, 0 if it goes elsewhere. */
    private static final String COLUMNS = "gamelan.columns";
    private static final int USUAL_COLUMNS = 80;
    private static final int LONGEST = 24;
    private static final int SHORTEST = 6;
    private static final long INTERVAL = 100_000_000;
    private static final double LINE_SECONDS = 0.5;

    private final PrintStream out;
    private final int columns;
    private int epochs;
    private long shown;
    private int length;
    private double unsaid;
    private Optional<TrainEvent.EpochEnded> last = Optional.empty();

    /** @param columns the width of the terminal, of which lines can be overwritten; 0 where they cannot */
    public ProgressBar(PrintStream out, int columns) {
        this.out = out;
        this.columns = columns;
    }

    /** Moving if the program talks to a terminal. */
    public static ProgressBar onStandardError() {
        boolean terminal = System.console() != null && System.console().isTerminal();
        return new ProgressBar(System.err, Integer.getInteger(COLUMNS, terminal ? USUAL_COLUMNS : 0));
    }

    @Override
    public void on(TrainEvent event, Control control) {
        switch (event) {
            case TrainEvent.RunStarted run -> start(run);
            case TrainEvent.StepEnded step -> step(step);
            case TrainEvent.EpochEnded epoch -> epoch(epoch);
            case TrainEvent.CheckpointSaved _ -> {}
            case TrainEvent.CheckpointFailed failed -> print("checkpoint not written: " + failed.reason() + "; training goes on", true);
            case TrainEvent.RunEnded ended -> {
                last.ifPresent(epoch -> print(line(epoch), true));
                if (!ended.reason().equals("done")) {
                    print("stopped: " + ended.reason(), true);
                }
            }
        }
    }

    private void start(TrainEvent.RunStarted run) {
        epochs = run.epochs();
        unsaid = LINE_SECONDS;
        print(String.format(Locale.ROOT, "%,d parameters, %,d examples, %,d steps per epoch%s", run.parameters(), run.examples(),
                run.steps(),
                run.epoch() == 1 ? "" : run.epoch() > epochs ? ", all epochs done" : ", going on with epoch " + run.epoch()), true);
    }

    private void step(TrainEvent.StepEnded step) {
        long now = System.nanoTime();
        if (columns > 0 && now - shown >= INTERVAL) {
            shown = now;
            print(line(step), false);
        }
    }

    private void epoch(TrainEvent.EpochEnded ended) {
        unsaid += ended.epoch().seconds();
        if (unsaid >= LINE_SECONDS) {
            print(line(ended), true);
            unsaid = 0;
            last = Optional.empty();
        } else {
            last = Optional.of(ended);
        }
    }

    /** As much as the terminal is wide; the bar gives way first. */
    private String line(TrainEvent.StepEnded step) {
        String head = "epoch " + step.epoch() + "/" + epochs + " ";
        String metrics = step.metrics().entrySet().stream().map(entry -> "  " + figure(entry.getKey(), entry.getValue()))
                .collect(Collectors.joining());
        String rest = String.format(Locale.ROOT, "%d/%d  %s%s  %,.0f/s  %s left", step.step(), step.steps(),
                figure("loss", step.meanLoss()), metrics,
                step.examplesPerSecond(), time(secondsLeft(step)));
        int width = Math.min(LONGEST, columns - 1 - head.length() - rest.length() - "[] ".length());
        if (width < SHORTEST) {
            return cut(head + rest);
        }
        int filled = (int) ((long) width * step.step() / step.steps());
        return head + "[" + "=".repeat(filled) + " ".repeat(width - filled) + "] " + rest;
    }

    /** Leaves figures away from the right until it fits. */
    private String cut(String line) {
        int end = line.length();
        while (end >= columns && end > 0) {
            end = Math.max(0, line.lastIndexOf("  ", end - 1));
        }
        return line.substring(0, end);
    }

    /** Of all epochs, at the speed of this one. */
    private double secondsLeft(TrainEvent.StepEnded step) {
        double epochsLeft = epochs - step.epoch() + (double) (step.steps() - step.step()) / step.steps();
        return step.examplesPerSecond() == 0 ? 0 : epochsLeft * step.examples() / step.examplesPerSecond();
    }

    private String line(TrainEvent.EpochEnded ended) {
        History.Epoch epoch = ended.epoch();
        StringBuilder line = new StringBuilder("epoch " + epoch.number() + "/" + epochs + "  " + figure("loss", epoch.loss()));
        epoch.validationLoss().ifPresent(loss -> line.append(" (").append(figure("validation", loss)).append(")"));
        for (int i = 0; i < epoch.metrics().size(); i++) {
            line.append("  ").append(figure(ended.history().names().get(i), epoch.metrics().get(i)));
            if (!epoch.validationMetrics().isEmpty()) {
                line.append(String.format(Locale.ROOT, " (%.4g)", epoch.validationMetrics().get(i)));
            }
        }
        line.append(String.format(Locale.ROOT, "  %,.0f/s  %s", epoch.examplesPerSecond(), time(epoch.seconds())));
        return columns > 0 ? cut(line.toString()) : line.toString();
    }

    private static String figure(String name, double value) {
        return name + String.format(Locale.ROOT, " %.4g", value);
    }

    private static String time(double seconds) {
        long whole = Math.round(seconds);
        return seconds < 10 ? String.format(Locale.ROOT, seconds < 0.95 ? "%.2f s" : "%.1f s", seconds)
                : whole < 3600 ? String.format("%d:%02d", whole / 60, whole % 60)
                : String.format("%d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60);
    }

    private void print(String line, boolean end) {
        String padded = columns > 0 ? "\r" + line + " ".repeat(Math.max(0, length - line.length())) : line;
        length = end ? 0 : line.length();
        if (end) {
            out.println(padded);
        } else {
            out.print(padded);
        }
        out.flush();
    }
}
