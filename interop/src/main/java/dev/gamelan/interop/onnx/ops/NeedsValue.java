package dev.gamelan.interop.onnx.ops;

import dev.gamelan.tensor.Tensor;

/** An operator asks for a value that is not there while a program is being made: the program has to be cut, or made for this value. */
public final class NeedsValue extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final transient Tensor tensor;

    NeedsValue(Tensor tensor) {
        super("a value is needed before the program runs", null, false, false);
        this.tensor = tensor;
    }

    /** What is needed. */
    public Tensor tensor() {
        return tensor;
    }
}
