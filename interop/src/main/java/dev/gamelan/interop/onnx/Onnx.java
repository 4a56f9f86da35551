package dev.gamelan.interop.onnx;

import java.nio.file.Path;

/** Reads models in the ONNX format. */
public final class Onnx {

    private Onnx() {}

    /**
     * Reads a model. What it keeps in files beside it is read from the model's folder alone.
     *
     * @throws dev.gamelan.shape.FormatException if it is damaged or something else
     * @throws java.io.UncheckedIOException if it cannot be read
     */
    public static OnnxModel read(Path file) {
        return new OnnxModel(ModelFile.read(file));
    }

    /** Reads a model from memory; see {@link #read(Path)}. */
    public static OnnxModel read(byte[] bytes) {
        return new OnnxModel(ModelFile.read(bytes));
    }
}
