package dev.gamelan.interop.onnx;

import dev.gamelan.interop.files.AtomicFile;
import dev.gamelan.interop.onnx.export.GraphExport;
import dev.gamelan.interop.onnx.proto.ModelProto;
import dev.gamelan.ir.Data;
import dev.gamelan.ir.Graph;
import dev.gamelan.shape.FormatException;
import dev.gamelan.tensor.Functions;
import dev.gamelan.tensor.Parametric;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.TensorMap;
import dev.gamelan.tensor.Tree;
import java.nio.channels.Channels;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** Reads and writes models in the ONNX format. */
public final class Onnx {

    private Onnx() {}

    /**
     * Reads a model. What it keeps in files beside it is read from the model's folder alone.
     *
     * @throws FormatException if it is damaged or something else
     * @throws java.io.UncheckedIOException if it cannot be read
     */
    public static OnnxModel read(Path file) {
        return new OnnxModel(ModelFile.read(file));
    }

    /** Reads a model from memory; see {@link #read(Path)}. */
    public static OnnxModel read(byte[] bytes) {
        return new OnnxModel(ModelFile.read(bytes));
    }

    // ---- writing -------------------------------------------------------------------------------------------------------

    /**
     * Writes a function of a tensor, such as a model, for arguments of this shape and type. What it knows already (weights)
     * becomes constants. The input is called {@code input}, the output {@code output}.
     *
     * @throws FormatException if ONNX has nothing for an operation
     */
    public static void write(Path file, Function<Tensor, Tensor> function, Tensor example) {
        Graph graph = Functions.graph(function, example);
        write(file, GraphExport.model(graph, List.of("input"), List.of("output"), Map.of()));
    }

    /**
     * Writes a function with parameters, which become initializers under their names.
     *
     * @param example inputs of the shapes and types that the file is for
     */
    public static void write(Path file, Parametric function, TensorMap example) {
        record Arguments(TensorMap parameters, TensorMap inputs) implements Tree {}
        record Results(List<Tensor> tensors) implements Tree {}
        Arguments arguments = new Arguments(function.parameters(), example);
        List<String> outputs = function.outputs();
        Graph graph = Functions.graph((Arguments given) -> {
            TensorMap results = function.apply(given.parameters, given.inputs, outputs);
            return new Results(outputs.stream().map(results::get).toList());
        }, arguments);
        List<String> names = new ArrayList<>(function.parameters().paths());
        names.addAll(example.paths());
        Map<String, Data> initializers = new HashMap<>();
        function.parameters().forEach((name, value) -> initializers.put(name, value.data()));
        write(file, GraphExport.model(graph, names, outputs, initializers));
    }

    private static void write(Path file, ModelProto model) {
        AtomicFile.write(file, channel -> model.writeTo(Channels.newOutputStream(channel)));
    }
}
