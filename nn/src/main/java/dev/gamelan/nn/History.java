package dev.gamelan.nn;

import dev.gamelan.interop.files.AtomicFile;
import dev.gamelan.shape.NameException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalDouble;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** How training went, epoch by epoch. */
public record History(List<Metric<?, ?>> metrics, List<Epoch> epochs) {

    private static final JsonMapper JSON = JsonMapper.builder().build();

    public History {
        metrics = List.copyOf(metrics);
        epochs = List.copyOf(epochs);
    }

    /**
     * One epoch.
     *
     * @param number         from 1 on
     * @param loss           the mean over the training examples, while they were learned from
     * @param metrics        over the same, in the order of {@link History#metrics}
     * @param validationLoss after the epoch, if there is validation data
     * @param seconds        with validation
     */
    public record Epoch(int number, double loss, List<Double> metrics, OptionalDouble validationLoss, List<Double> validationMetrics,
            double seconds, double examplesPerSecond) {

        public Epoch {
            metrics = List.copyOf(metrics);
            validationMetrics = List.copyOf(validationMetrics);
        }
    }

    /** A metric after the last epoch: over the validation data if there is any, else over the training data. */
    public double last(Metric<?, ?> metric) {
        return value(epochs.getLast(), metric);
    }

    /** The loss of the last epoch: over the validation data if there is any, else over the training data. */
    public double lastLoss() {
        return loss(epochs.getLast());
    }

    /** The best a metric was after any epoch. */
    public double best(Metric<?, ?> metric) {
        return value(bestEpoch(metric), metric);
    }

    /** The first epoch in which a metric was best. */
    public Epoch bestEpoch(Metric<?, ?> metric) {
        Comparator<Epoch> order = Comparator.comparingDouble(epoch -> rank(metric, epoch));
        return epochs.stream().min(order).orElseThrow();
    }

    /** The first epoch with the smallest loss. */
    public Epoch bestEpoch() {
        return epochs.stream().min(Comparator.comparingDouble(History::loss)).orElseThrow();
    }

    static double loss(Epoch epoch) {
        return epoch.validationLoss().orElse(epoch.loss());
    }

    private double rank(Metric<?, ?> metric, Epoch epoch) {
        double value = value(epoch, metric);
        return metric.largerIsBetter() ? -value : value;
    }

    double value(Epoch epoch, Metric<?, ?> metric) {
        int column = metrics.indexOf(metric);
        if (column < 0) {
            throw new NameException("this training did not observe " + metric.name() + "; it observed " + names()
                    + "; add .metric(...) to the trainer");
        }
        return (epoch.validationMetrics().isEmpty() ? epoch.metrics() : epoch.validationMetrics()).get(column);
    }

    History with(Epoch epoch) {
        return new History(metrics, Stream.concat(epochs.stream(), Stream.of(epoch)).toList());
    }

    /** One column per metric; a name that occurs twice gets a number. */
    List<String> names() {
        return names(metrics);
    }

    static List<String> names(List<? extends Metric<?, ?>> metrics) {
        List<String> names = new ArrayList<>();
        for (Metric<?, ?> metric : metrics) {
            String name = metric.name();
            for (int i = 2; names.contains(name); i++) {
                name = metric.name() + "_" + i;
            }
            names.add(name);
        }
        return names;
    }

    // ---- files ---------------------------------------------------------------------------------------------------

    /** An array with an object for each epoch; what is not a finite number is null. */
    public String toJson() {
        ArrayNode rows = JSON.createArrayNode();
        for (Epoch epoch : epochs) {
            ObjectNode row = rows.addObject();
            List<String> columns = columns();
            List<Double> values = values(epoch);
            for (int i = 0; i < columns.size(); i++) {
                double value = values.get(i);
                if (i == 0) {
                    row.put(columns.get(i), (int) value);
                } else if (Double.isFinite(value)) {
                    row.put(columns.get(i), value);
                } else {
                    row.putNull(columns.get(i));
                }
            }
        }
        return rows.toString();
    }

    /** A line of names, then a line for each epoch. */
    public String toCsv() {
        return Stream.concat(Stream.of(String.join(",", columns())), epochs.stream().map(epoch -> epoch.number() + ","
                + values(epoch).stream().skip(1).map(String::valueOf).collect(Collectors.joining(","))))
                .collect(Collectors.joining("\n", "", "\n"));
    }

    public void writeJson(Path file) {
        write(file, toJson() + "\n");
    }

    public void writeCsv(Path file) {
        write(file, toCsv());
    }

    private static void write(Path file, String text) {
        AtomicFile.write(file, channel -> {
            ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        });
    }

    private boolean validated() {
        return epochs.stream().anyMatch(epoch -> epoch.validationLoss().isPresent());
    }

    private List<String> columns() {
        List<String> columns = new ArrayList<>(List.of("epoch", "loss"));
        columns.addAll(names());
        if (validated()) {
            columns.add("validation_loss");
            names().forEach(name -> columns.add("validation_" + name));
        }
        columns.addAll(List.of("seconds", "examples_per_second"));
        return columns;
    }

    private List<Double> values(Epoch epoch) {
        List<Double> values = new ArrayList<>(List.of((double) epoch.number(), epoch.loss()));
        values.addAll(epoch.metrics());
        if (validated()) {
            values.add(epoch.validationLoss().orElse(Double.NaN));
            values.addAll(epoch.validationMetrics());
        }
        values.addAll(List.of(epoch.seconds(), epoch.examplesPerSecond()));
        return values;
    }
}
