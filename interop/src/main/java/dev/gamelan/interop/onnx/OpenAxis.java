package dev.gamelan.interop.onnx;

import java.util.List;

/**
 * An axis whose extent is left open in a file, such as that of the examples of a batch: {@code OpenAxis.of("batch", 0)}.
 * Axes of the same name have the same extent.
 *
 * @param name   of the extent in the file
 * @param axis   from 0 on
 * @param inputs that have it; none stands for all
 */
public record OpenAxis(String name, int axis, List<String> inputs) {

    public OpenAxis {
        inputs = List.copyOf(inputs);
        if (axis < 0 || name.isBlank()) {
            throw new IllegalArgumentException(
                    "an open axis\n  expected  a name, and an axis from 0 on\n  received  '" + name + "', " + axis);
        }
    }

    /** An axis of all inputs. */
    public static OpenAxis of(String name, int axis) {
        return new OpenAxis(name, axis, List.of());
    }

    /** The axis of these inputs alone. */
    public OpenAxis only(List<String> some) {
        return new OpenAxis(name, axis, some);
    }

    boolean isOf(String input) {
        return inputs.isEmpty() || inputs.contains(input);
    }
}
