package dev.gamelan.interop.onnx.ops;

import dev.gamelan.tensor.Tensor;

/** An operator asks for a value that is not there while a program is being made: the program has to be cut, or made for this value. */
public final class NeedsValue extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final transient Tensor tensor;

    NeedsValue(Tensor tensor) {
        super("a shape or a branch depends on a value that is not known before the program runs\n  expected  shapes and branches that depend on"
                + " shapes alone, where a model is trained or becomes one program\n  received  a model that OnnxModel.run can only run in parts",
                null, false, false);
        this.tensor = tensor;
    }

    /** What is needed. */
    public Tensor tensor() {
        return tensor;
    }
}
