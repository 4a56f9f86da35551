package dev.gamelan.ir;

import dev.gamelan.shape.Shape;
import dev.gamelan.shape.ShapeException;
import java.util.List;

/**
 * How a window slides over the spatial axes of a channels-last tensor {@code (batch, spatial..., channels)}; one entry
 * per spatial axis in each list. Negative padding crops.
 */
public record Window(List<Integer> stride, List<Integer> padLow, List<Integer> padHigh, List<Integer> dilation) {

    public Window {
        stride = List.copyOf(stride);
        padLow = List.copyOf(padLow);
        padHigh = List.copyOf(padHigh);
        dilation = List.copyOf(dilation);
        int rank = stride.size();
        if (padLow.size() != rank || padHigh.size() != rank || dilation.size() != rank || rank < 1 || rank > 3) {
            throw new ShapeException("a window needs stride, padding and dilation for each of 1 to 3 spatial axes; received stride "
                    + stride + ", padding " + padLow + " and " + padHigh + ", dilation " + dilation);
        }
        if (stride.stream().anyMatch(s -> s < 1) || dilation.stream().anyMatch(d -> d < 1)) {
            throw new ShapeException("stride and dilation of a window must be at least 1; received stride " + stride
                    + ", dilation " + dilation);
        }
    }

    public int rank() {
        return stride.size();
    }

    /** The output's spatial extents for a window of {@code kernel} over {@code input} (spatial extents only). */
    public Shape output(Shape input, Shape kernel) {
        int[] out = new int[rank()];
        for (int i = 0; i < out.length; i++) {
            int reach = (kernel.dim(i) - 1) * dilation.get(i) + 1;
            int room = input.dim(i) + padLow.get(i) + padHigh.get(i) - reach;
            out[i] = room < 0 ? 0 : room / stride.get(i) + 1;
            if (room < 0 && input.dim(i) > 0) {
                throw ShapeException.of("the window is larger than the padded input along spatial axis " + i,
                        "a padded extent of at least " + reach,
                        "spatial extents " + input + " padded by " + padLow + " and " + padHigh + ", window " + kernel
                                + ", dilation " + dilation);
            }
        }
        return Shape.of(out);
    }
}
