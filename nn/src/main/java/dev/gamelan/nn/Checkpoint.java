package dev.gamelan.nn;

import dev.gamelan.interop.safetensors.SafeTensors;
import dev.gamelan.ir.Data;
import dev.gamelan.shape.FormatException;
import dev.gamelan.shape.NameException;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.TensorMap;
import dev.gamelan.tensor.Trees;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * All it takes to go on with a training to the same bits, as one safetensors file: everything the step moves, the best
 * weights, and in the metadata the position, the sums of the epoch that is under way, and the history. Numbers are
 * written as decimal texts that read back as the same double.
 */
record Checkpoint(TrainStep.State state, TrainingRun.Progress progress, List<double[]> totals, History history, Optional<Weights> best) {

    static final String FILE = "checkpoint.safetensors";
    private static final String KEY = "gamelan.training";
    private static final String BEST = "best";
    private static final String STATE = "state";
    private static final JsonMapper JSON = JsonMapper.builder().build();

    /** The old file survives whatever happens. */
    void write(Path file, long seed) {
        TensorMap tensors = Trees.toMap(state).under(STATE);
        if (best.isPresent()) {
            tensors = tensors.merge(Trees.toMap(best.get()).under(BEST));
        }
        Map<String, Data> data = new LinkedHashMap<>();
        tensors.forEach((path, tensor) -> data.put(path, tensor.data()));
        new SafeTensors(data, Map.of(KEY, toJson(seed).toString())).write(file);
    }

    /**
     * @param like    a state of the structure that the plan has
     * @param history an empty one, with the metrics that the plan has
     */
    static Checkpoint read(Path folder, TrainStep.State like, long seed, History history) {
        Path file = folder.resolve(FILE);
        if (!Files.exists(file)) {
            throw new FormatException("there is nothing to resume: " + file + " does not exist");
        }
        SafeTensors content = SafeTensors.read(file);
        TensorMap.Builder builder = new TensorMap.Builder();
        content.tensors().forEach((path, data) -> {
            TensorMap.Builder _ = builder.put(path, Tensor.of(data));
        });
        TensorMap tensors = builder.build();
        ObjectNode json = json(file, content.metadata().get(KEY));
        try {
            if (json.required("seed").asLong() != seed) {
                throw new FormatException(
                        file + " belongs to a training with seed " + json.required("seed").asLong() + "; this one has " + seed);
            }
            TrainStep.State state = state(file, like, tensors.at(STATE));
            Optional<Weights> best = best(file, like.learner().weights(), tensors.at(BEST));
            History epochs = history(json, history);
            TrainingRun.Progress progress = progress(json);
            List<double[]> totals = totals(json);
            if (progress.epoch() < 0 || progress.step() < 0 || progress.examples() < 0 || progress.epoch() != epochs.epochs().size()
                    || !totals.isEmpty() && totals.size() != history.metrics().size()) {
                throw new FormatException(file + ": the position of the training cannot be: " + progress + ", " + totals.size()
                        + " sums of metrics and " + epochs.epochs().size() + " epochs before it");
            }
            return new Checkpoint(state, progress, totals, epochs, best);
        } catch (NumberFormatException | tools.jackson.core.JacksonException e) {
            throw new FormatException(file + ": the position of the training cannot be read", e);
        }
    }

    private static Optional<Weights> best(Path file, Weights like, TensorMap saved) {
        if (saved.isEmpty()) {
            return Optional.empty();
        }
        Weights best = new Weights(saved.at("parameters"), saved.at("buffers"));
        Fit.check("the best weights of " + file, like, best);
        return Optional.of(best);
    }

    private static TrainStep.State state(Path file, TrainStep.State like, TensorMap saved) {
        TensorMap expected = Trees.toMap(like);
        List<String> problems = new ArrayList<>();
        expected.forEach((path, tensor) -> {
            if (!saved.contains(path)) {
                problems.add("missing " + path);
            } else if (!saved.get(path).node().type().equals(tensor.node().type())) {
                problems.add(path + " is " + saved.get(path).node().type() + " instead of " + tensor.node().type());
            }
        });
        saved.paths().stream().filter(path -> !expected.contains(path)).forEach(path -> problems.add("unexpected " + path));
        if (!problems.isEmpty()) {
            throw new NameException(file + " belongs to another model or optimizer: "
                    + String.join("; ", problems.subList(0, Math.min(6, problems.size()))));
        }
        return Trees.fromMap(like, saved);
    }

    // ---- the part in words -----------------------------------------------------------------------------------------

    private ObjectNode toJson(long seed) {
        ObjectNode json = JSON.createObjectNode();
        json.put("version", 1).put("seed", seed).put("epoch", progress.epoch()).put("step", progress.step())
                .put("rate", Double.toString(progress.rate())).put("lossSum", Double.toString(progress.lossSum()))
                .put("examples", progress.examples());
        ArrayNode sums = json.putArray("totals");
        totals.forEach(values -> texts(sums.addArray(), java.util.Arrays.stream(values).boxed().toList()));
        texts(json.putArray("metrics"), history.names());
        ArrayNode epochs = json.putArray("history");
        for (History.Epoch epoch : history.epochs()) {
            ObjectNode row = epochs.addObject();
            row.put("loss", Double.toString(epoch.loss())).put("seconds", epoch.seconds()).put("speed", epoch.examplesPerSecond());
            texts(row.putArray("metrics"), epoch.metrics());
            epoch.validationLoss().ifPresent(loss -> row.put("validationLoss", Double.toString(loss)));
            texts(row.putArray("validationMetrics"), epoch.validationMetrics());
        }
        return json;
    }

    private static void texts(ArrayNode array, List<?> values) {
        values.forEach(value -> array.add(String.valueOf(value)));
    }

    private static ObjectNode json(Path file, @Nullable String text) {
        try {
            if (text != null && JSON.readTree(text) instanceof ObjectNode node && node.path("version").asInt() == 1) {
                return node;
            }
        } catch (tools.jackson.core.JacksonException e) {
            throw new FormatException(file + ": the position of the training cannot be read", e);
        }
        throw new FormatException(file + " is not a checkpoint of a training");
    }

    private static TrainingRun.Progress progress(JsonNode json) {
        return new TrainingRun.Progress(json.required("epoch").asInt(), json.required("step").asInt(), number(json.required("rate")),
                number(json.required("lossSum")), json.required("examples").asLong());
    }

    private static List<double[]> totals(JsonNode json) {
        return items(json.required("totals")).map(sums -> items(sums).mapToDouble(Checkpoint::number).toArray()).toList();
    }

    private static History history(JsonNode json, History empty) {
        List<String> names = items(json.required("metrics")).map(JsonNode::asString).toList();
        if (!names.equals(empty.names())) {
            throw new FormatException("the checkpoint's training observed " + names + "; this one observes " + empty.names());
        }
        History history = empty;
        for (JsonNode row : json.required("history")) {
            int columns = row.required("metrics").size();
            int validated = row.required("validationMetrics").size();
            if (columns != names.size() || validated != 0 && validated != names.size()) {
                throw new FormatException("the checkpoint's history has " + columns + " and " + validated + " figures of an epoch; this"
                        + " training observes " + names.size());
            }
            history = history.with(new History.Epoch(history.epochs().size() + 1, number(row.required("loss")),
                    numbers(row.required("metrics")),
                    row.has("validationLoss") ? OptionalDouble.of(number(row.required("validationLoss"))) : OptionalDouble.empty(),
                    numbers(row.required("validationMetrics")), row.required("seconds").asDouble(), row.required("speed").asDouble()));
        }
        return history;
    }

    private static List<Double> numbers(JsonNode array) {
        return items(array).map(Checkpoint::number).toList();
    }

    private static double number(JsonNode node) {
        return Double.parseDouble(node.asString());
    }

    private static java.util.stream.Stream<JsonNode> items(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false);
    }
}
