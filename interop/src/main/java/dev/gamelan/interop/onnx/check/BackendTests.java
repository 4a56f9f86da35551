package dev.gamelan.interop.onnx.check;

import dev.gamelan.interop.onnx.Onnx;
import dev.gamelan.interop.onnx.OnnxModel;
import dev.gamelan.interop.onnx.value.Value;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Runs tests in the layout of ONNX's backend tests: a folder with a {@code model.onnx} and folders {@code
 * test_data_set_*} of {@code input_*.pb} and {@code output_*.pb}.
 */
public final class BackendTests {

    private static final int DEEPEST = 8;

    private BackendTests() {}

    public enum Status {
        PASSED, FAILED, SKIPPED
    }

    /** @param reason empty for what passed */
    public record Outcome(String test, Status status, String reason) {}

    /** The folders of all tests in these folders and below, sorted. */
    public static List<Path> find(List<Path> folders) {
        return folders.stream().flatMap(BackendTests::below).map(file -> file.toAbsolutePath().normalize().getParent()).sorted().distinct()
                .toList();
    }

    private static Stream<Path> below(Path folder) {
        try (Stream<Path> files = Files.walk(folder, DEEPEST)) {
            return files.filter(file -> file.getFileName().toString().equals("model.onnx")).toList().stream();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + folder, e);
        }
    }

    /** @param watcher gets each outcome as soon as it is known */
    public static List<Outcome> run(List<Path> tests, Consumer<Outcome> watcher) {
        return tests.stream().map(test -> {
            Outcome outcome = run(test);
            watcher.accept(outcome);
            return outcome;
        }).toList();
    }

    /** One test; whatever goes wrong is a failure with a reason. */
    public static Outcome run(Path test) {
        String name = test.getFileName().toString();
        try {
            OnnxModel model = Onnx.read(test.resolve("model.onnx")).anyShapes();
            boolean random = model.isRandom();
            List<Path> sets = dataSets(test);
            boolean differs = false;
            for (Path set : sets) {
                Optional<String> difference = run(model, set, new Differences(1e-3, 1e-7, true));
                if (difference.isPresent() && random) {
                    differs = true;
                    difference = run(model, set, new Differences(1e-3, 1e-7, false));
                }
                if (difference.isPresent()) {
                    return new Outcome(name, Status.FAILED, difference.get());
                }
            }
            if (sets.isEmpty()) {
                return new Outcome(name, Status.SKIPPED, "it has no data");
            }
            return differs ? new Outcome(name, Status.SKIPPED, "its values are random; types and shapes agree")
                    : new Outcome(name, Status.PASSED, "");
        } catch (IOException | RuntimeException | StackOverflowError | OutOfMemoryError e) {
            return new Outcome(name, Status.FAILED, reason(e));
        }
    }

    private static String reason(Throwable e) {
        String message = String.valueOf(e.getMessage());
        String text = e.getClass().getPackageName().startsWith("dev.gamelan") ? message : e.getClass().getSimpleName() + ": " + message;
        return Arrays.stream(text.split("\\R")).map(String::strip).collect(Collectors.joining("; "));
    }

    private static List<Path> dataSets(Path test) throws IOException {
        try (Stream<Path> files = Files.list(test)) {
            return files.filter(file -> file.getFileName().toString().startsWith("test_data_set")).sorted().toList();
        }
    }

    private static Optional<String> run(OnnxModel model, Path set, Differences differences) throws IOException {
        Map<String, Value> inputs = new LinkedHashMap<>();
        List<String> names = model.allInputs();
        for (int i = 0; i < names.size(); i++) {
            Path file = set.resolve("input_" + i + ".pb");
            if (Files.exists(file)) {
                inputs.put(names.get(i), CaseFile.read(file, model.declared(names.get(i))));
            }
        }
        Map<String, Value> outputs = model.run(inputs);
        for (int i = 0; i < model.outputs().size(); i++) {
            String name = model.outputs().get(i);
            Value expected = CaseFile.read(set.resolve("output_" + i + ".pb"), model.declared(name));
            Optional<String> difference = differences.between(expected, Objects.requireNonNull(outputs.get(name)));
            if (difference.isPresent()) {
                return difference.map(text -> "output '" + name + "': " + text);
            }
        }
        return Optional.empty();
    }
}
