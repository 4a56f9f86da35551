package dev.gamelan.nn;

import dev.gamelan.interop.safetensors.SafeTensors;
import dev.gamelan.ir.Data;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.FormatException;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.TensorMap;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A model as a safetensors file: parameters and buffers by path, and in the metadata which paths are buffers, the
 * architecture as JSON where it has one, and the shape and type of an example.
 */
final class SavedModel {

    private static final String ARCHITECTURE = "gamelan.architecture";
    private static final String WITHOUT = "gamelan.architecture.missing";
    private static final String EXAMPLE = "gamelan.example";
    private static final String BUFFERS = "gamelan.buffers";
    private static final String OWN = "gamelan.";
    private static final System.Logger LOG = System.getLogger("dev.gamelan.nn");

    private SavedModel() {}

    static void save(Path file, Model<?, ?> model, Map<String, String> notes) {
        Map<String, String> metadata = new LinkedHashMap<>(notes);
        if (notes.keySet().stream().anyMatch(key -> key.startsWith(OWN))) {
            throw new IllegalArgumentException(
                    "notes may not start with '" + OWN + "', which this library uses; received " + notes.keySet());
        }
        Weights weights = model.weights();
        metadata.put(BUFFERS, String.join(",", weights.buffers().paths()));
        model.example().ifPresent(example -> {
            if (example instanceof Tensor tensor) {
                metadata.put(EXAMPLE, tensor.dtype() + Arrays.stream(tensor.shape().dims()).skip(1).mapToObj(dim -> " " + dim)
                        .collect(Collectors.joining()));
            }
        });
        try {
            metadata.put(ARCHITECTURE, ModelJson.write(model.block(), Block.class));
        } catch (ModelJson.NotARecord e) {
            metadata.put(WITHOUT, String.valueOf(e.getMessage()));
            LOG.log(System.Logger.Level.WARNING, "{0} is saved without its architecture, since {1}; to use it call Model.load(file, block)",
                    file, e.getMessage());
        }
        Map<String, Data> tensors = new LinkedHashMap<>();
        weights.parameters().forEach((path, tensor) -> tensors.put(path, tensor.data()));
        weights.buffers().forEach((path, tensor) -> tensors.put(path, tensor.data()));
        new SafeTensors(tensors, metadata).write(file);
    }

    static Model<Tensor, Tensor> load(Path file) {
        SafeTensors content = SafeTensors.readLazily(file);
        String architecture = content.metadata().get(ARCHITECTURE);
        String example = content.metadata().get(EXAMPLE);
        if (architecture == null || example == null) {
            String reason = content.metadata().get(WITHOUT);
            throw new FormatException(file + " has weights without an architecture" + (reason == null ? "" : ", since " + reason)
                    + "; use Model.load(file, block)");
        }
        Layer layer = inFile(file, () -> ModelJson.read(architecture, Layer.class));
        Tensor batch = inFile(file, () -> example(example));
        Weights weights = weights(content);
        Model<Tensor, Tensor> model = new Model<>(layer, batch, 42, weights);
        Fit.check("the weights of " + file, model.initial(), weights);
        if (!Set.copyOf(model.initial().buffers().paths()).equals(Set.copyOf(weights.buffers().paths()))) {
            throw new FormatException(file + ": the list of buffers does not fit the architecture; the file is damaged");
        }
        return model;
    }

    static Weights loadWeights(Path file) {
        return weights(SafeTensors.readLazily(file));
    }

    static Map<String, String> notes(Path file) {
        Map<String, String> notes = new LinkedHashMap<>(SafeTensors.readMetadata(file));
        notes.keySet().removeIf(key -> key.startsWith(OWN));
        return notes;
    }

    private static Weights weights(SafeTensors content) {
        Set<String> names = Set.of(content.metadata().getOrDefault(BUFFERS, "").split(","));
        TensorMap.Builder parameters = new TensorMap.Builder();
        TensorMap.Builder buffers = new TensorMap.Builder();
        content.tensors().forEach((path, data) -> {
            Tensor values = data.dtype().isStorageOnly() ? Tensor.of(data).cast(DType.FLOAT32).eval() : Tensor.of(data);
            TensorMap.Builder _ = (names.contains(path) ? buffers : parameters).put(path, values);
        });
        return new Weights(parameters.build(), buffers.build());
    }

    private static Tensor example(String text) {
        String[] parts = text.split(" ");
        try {
            int[] dims = Arrays.stream(parts).skip(1).mapToInt(Integer::parseInt).toArray();
            return Tensor.zeros(DType.valueOf(parts[0]), Shape.of(1).concat(Shape.of(dims)));
        } catch (IllegalArgumentException e) {
            throw new FormatException("'" + text + "' does not describe an example", e);
        }
    }

    private static <T> T inFile(Path file, java.util.function.Supplier<T> reading) {
        try {
            return reading.get();
        } catch (FormatException e) {
            throw new FormatException(file + ": " + e.getMessage(), e);
        }
    }
}
