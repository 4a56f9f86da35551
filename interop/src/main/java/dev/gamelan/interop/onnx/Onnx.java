package dev.gamelan.interop.onnx;

import dev.gamelan.interop.files.AtomicFile;
import dev.gamelan.shape.FormatException;
import dev.gamelan.tensor.Parametric;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.TensorMap;
import java.nio.channels.Channels;
import java.nio.file.Path;
import java.util.List;
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

    /** Begins to load what reading a model takes, in the background, for whoever is about to read one. */
    public static void preload() {
        Thread.ofPlatform().daemon().name("gamelan-preload-onnx").start(ModelFile::load);
    }

    // ---- writing -------------------------------------------------------------------------------------------------------

    /**
     * Writes a function of a tensor, such as a model, for arguments of this shape and type. What it knows already (weights)
     * becomes constants. The input is called {@code input}, the output {@code output}.
     *
     * @param open axes that may have other extents than in the example, such as that of the batch
     * @throws FormatException if ONNX has nothing for an operation, or the function does other things for other extents of
     *                         the open axes
     */
    public static void write(Path file, Function<Tensor, Tensor> function, Tensor example, OpenAxis... open) {
        write(file, new Unnamed(function), TensorMap.of("input", example), open);
    }

    /**
     * Writes a function with parameters, which become initializers under their names.
     *
     * @param example inputs of the shapes and types that the file is for, by their names; where there is one, it needs none
     * @param open    axes that may have other extents than in the example
     * @throws dev.gamelan.shape.NameException if the example has none of the inputs
     * @throws FormatException as {@link #write(Path, Function, Tensor, OpenAxis...)}
     */
    public static void write(Path file, Parametric function, TensorMap example, OpenAxis... open) {
        write(file, function, example, List.of(open));
    }

    /** As {@link #write(Path, Parametric, TensorMap, OpenAxis...)}, such as with {@link OnnxModel#openAxes the open axes} of a file. */
    public static void write(Path file, Parametric function, TensorMap example, List<OpenAxis> open) {
        AtomicFile.write(file, channel -> Exported.model(function, example, open).writeTo(Channels.newOutputStream(channel)));
    }

    /** A function whose parameters have no names. */
    private record Unnamed(Function<Tensor, Tensor> function) implements Parametric {

        @Override
        public TensorMap parameters() {
            return TensorMap.of();
        }

        @Override
        public List<String> inputs() {
            return List.of("input");
        }

        @Override
        public List<String> outputs() {
            return List.of("output");
        }

        @Override
        public TensorMap apply(TensorMap parameters, TensorMap inputs, List<String> wanted) {
            return TensorMap.of("output", function.apply(inputs.get("input")));
        }
    }
}
