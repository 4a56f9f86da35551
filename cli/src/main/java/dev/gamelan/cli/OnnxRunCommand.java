package dev.gamelan.cli;

import dev.gamelan.interop.npy.Npy;
import dev.gamelan.interop.npy.NpyStrings;
import dev.gamelan.interop.onnx.Onnx;
import dev.gamelan.interop.onnx.OnnxModel;
import dev.gamelan.interop.onnx.value.Value;
import dev.gamelan.ir.Data;
import dev.gamelan.shape.DType;
import dev.gamelan.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Model.OptionSpec;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Runs a model on arrays. */
final class OnnxRunCommand extends CliCommand {

    private Path file = Path.of("");
    private Map<String, Path> inputs = Map.of();
    private String output = "";
    private int repeat;

    OnnxRunCommand() {
        super("run", "Run an ONNX model on npy arrays, and write each output as NAME.npy.");
        arguments().parameter("FILE.onnx", "The model.", Path.class, path -> file = path)
                .files("--input", "NAME=FILE.npy", "The values of an input; once for each input.", map -> inputs = map)
                .option("--output", "DIR", "The folder to write outputs to (default: none).", String.class, folder -> output = folder)
                .option("--repeat", "N", "Run so many times more, and measure.", int.class, times -> repeat = times);
    }

    @Override
    int run(ObjectNode result) throws IOException {
        if (repeat < 0) {
            throw wrongUsage("--repeat must be at least 0, received " + repeat);
        }
        checkInputs();
        long start = System.nanoTime();
        OnnxModel model = Onnx.read(file);
        Map<String, Value> given = new LinkedHashMap<>();
        inputs.forEach((name, npy) -> given.put(name, value(model, name, npy)));
        Map<String, Value> outputs = model.run(given);
        double first = millis(start);
        for (Map.Entry<String, Value> each : outputs.entrySet()) {
            write(each.getKey(), each.getValue());
            out().println(each.getKey() + "  " + each.getValue());
        }
        List<Double> times = measure(model, given);
        if (!times.isEmpty()) {
            out().println(
                    String.format(Locale.ROOT, "first %.1f ms, then median %.3f ms, 99 %% below %.3f ms", first, times.get(0),
                            times.get(1)));
        }
        // A first use of JSON takes longer than some models.
        if (common().json) {
            describe(outputs, result);
            result.put("first_ms", first);
            if (!times.isEmpty()) {
                result.put("p50_ms", times.get(0)).put("p99_ms", times.get(1));
            }
        }
        return 0;
    }

    private static Value value(OnnxModel model, String name, Path npy) {
        if (!model.isText(name)) {
            return model.input(name, Tensor.of(Npy.read(npy)));
        }
        NpyStrings text = NpyStrings.read(npy);
        return Value.of(text.shape(), text.strings());
    }

    /** A map keeps the last of two values without a word. */
    private void checkInputs() {
        OptionSpec option = spec().commandLine().getParseResult().matchedOption("--input");
        List<String> given = option == null ? List.of() : option.originalStringValues();
        if (given.size() > inputs.size()) {
            throw wrongUsage("--input gives the same name twice, received " + given);
        }
    }

    private static double millis(long start) {
        return (System.nanoTime() - start) / 1e6;
    }

    /** The median and the 99th percentile, in milliseconds; nothing where no repetitions are asked for. */
    private List<Double> measure(OnnxModel model, Map<String, Value> given) {
        if (repeat == 0) {
            return List.of();
        }
        double[] times = new double[repeat];
        for (int i = 0; i < repeat; i++) {
            long start = System.nanoTime();
            var _ = model.run(given);
            times[i] = millis(start);
        }
        Arrays.sort(times);
        return List.of(times[repeat / 2], times[Math.min(repeat - 1, (int) (repeat * 0.99))]);
    }

    private void write(String name, Value value) throws IOException {
        if (output.isEmpty()) {
            return;
        }
        Files.createDirectories(Path.of(output));
        switch (value) {
            case Value.Numbers numbers -> Npy.write(target(name, ".npy"), data(numbers));
            case Value.Text text -> Files.write(target(name, ".txt"), text.strings());
            case Value.Sequence sequence -> writeAll(name, sequence.values());
            case Value.Maybe maybe -> writeAll(name, maybe.value().stream().toList());
            case Value.Dictionary _ -> {}
        }
    }

    private void writeAll(String name, List<Value> values) throws IOException {
        for (int i = 0; i < values.size(); i++) {
            write(name + "_" + i, values.get(i));
        }
    }

    private static Data data(Value.Numbers numbers) {
        return numbers.plain().dtype() == DType.BFLOAT16 ? numbers.tensor().data() : numbers.plain().data();
    }

    /** Names of values may hold anything; a file's name may not. */
    private Path target(String name, String extension) {
        return Path.of(output).resolve(name.replaceAll("[/\\\\:]", "_").replaceFirst("^\\.+", "_") + extension);
    }

    private void describe(Map<String, Value> outputs, ObjectNode result) {
        ArrayNode list = result.putArray("outputs");
        outputs.forEach((name, value) -> {
            ObjectNode node = list.addObject().put("name", name).put("type", value.toString());
            if (!output.isEmpty()) {
                describe(name, value, node);
            }
        });
    }

    /** What was written where. */
    private void describe(String name, Value value, ObjectNode node) {
        switch (value) {
            case Value.Numbers numbers -> {
                ArrayNode shape = node.putArray("shape");
                Arrays.stream(numbers.tensor().shape().dims()).forEach(shape::add);
                node.put("file", target(name, ".npy").toString());
            }
            case Value.Text _ -> node.put("file", target(name, ".txt").toString());
            case Value.Sequence sequence -> describeAll(name, sequence.values(), node);
            case Value.Maybe maybe -> describeAll(name, maybe.value().stream().toList(), node);
            case Value.Dictionary dictionary -> {
                ObjectNode entries = node.putObject("entries");
                dictionary.entries().forEach((key, each) -> entries.putPOJO(key.toString(), each));
            }
        }
    }

    private void describeAll(String name, List<Value> values, ObjectNode node) {
        ArrayNode parts = node.putArray("parts");
        for (int i = 0; i < values.size(); i++) {
            describe(name + "_" + i, values.get(i), parts.addObject());
        }
    }
}
