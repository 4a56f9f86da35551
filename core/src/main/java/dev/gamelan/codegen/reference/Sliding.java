package dev.gamelan.codegen.reference;

import dev.gamelan.ir.Window;
import dev.gamelan.shape.Shape;

/**
 * A window that slides over the spatial axes of a channels-last tensor. Positions are row-major numbers over batch and
 * spatial axes (of the input and the output) or over spatial axes (of the window).
 */
record Sliding(int batch, Shape input, Shape size, Shape output, Window window) {

    interface Visitor {
        void visit(int inputPosition, int sizePosition, int outputPosition);
    }

    /** From the whole shapes of input and output. */
    static Sliding of(Shape x, Shape size, Shape y, Window window) {
        return new Sliding(x.dim(0), x.slice(1, x.rank() - 1), size, y.slice(1, y.rank() - 1), window);
    }

    int inputs() {
        return batch * input.length();
    }

    int outputs() {
        return batch * output.length();
    }

    /** Visits each element of each window that lies in the input: outputs in order, each window in row-major order. */
    void forEach(Visitor visitor) {
        int[] strides = input.strides();
        for (int b = 0; b < batch; b++) {
            int inputStart = b * input.length();
            int outputStart = b * output.length();
            Grid.forEach(output, (out, outputPosition) -> Grid.forEach(size, (in, sizePosition) -> {
                int position = inputPosition(out, in, strides);
                if (position >= 0) {
                    visitor.visit(inputStart + position, sizePosition, outputStart + outputPosition);
                }
            }));
        }
    }

    /** The place in the input that an element of a window covers, or -1 in the padding. */
    private int inputPosition(int[] out, int[] in, int[] strides) {
        int position = 0;
        for (int axis = 0; axis < out.length; axis++) {
            int at = out[axis] * window.stride().get(axis) + in[axis] * window.dilation().get(axis) - window.padLow().get(axis);
            if (at < 0 || at >= input.dim(axis)) {
                return -1;
            }
            position += at * strides[axis];
        }
        return position;
    }
}
