package dev.gamelan.nn;

import dev.gamelan.ir.Window;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.Tensors;
import java.util.List;

/** The mean of each window, per channel; padding does not count. */
public record AvgPool2d(List<Integer> size, List<Integer> stride, Padding padding) implements Layer {

    private static final List<Integer> DENSE = List.of(1, 1);

    public AvgPool2d {
        size = List.copyOf(size);
        stride = List.copyOf(stride);
        size.forEach(extent -> Checks.positive("avgPool2d", "size", extent));
    }

    /** One number for both axes, or height and width. */
    public AvgPool2d stride(int first, int... more) {
        return new AvgPool2d(size, Padding.perAxis(kind(), "stride", 2, Ints.of(first, more)), padding);
    }

    /** So much padding on both sides; one number for both axes, or height and width. */
    public AvgPool2d pad(int first, int... more) {
        return new AvgPool2d(size, stride, new Padding.Fixed(Padding.perAxis(kind(), "pad", 2, Ints.of(first, more))));
    }

    /** Padding so that the output is {@code ceil(input / stride)}. */
    public AvgPool2d padSame() {
        return new AvgPool2d(size, stride, new Padding.Same());
    }

    /** x: (B, H, W, C) -> (B, H', W', C). */
    @Override
    public Tensor apply(Scope scope, Tensor x) {
        Checks.rank("avgPool2d", "(batch, height, width, channels)", 4, x);
        Shape extents = Shape.of(size.get(0), size.get(1));
        Window window = padding.window(x.shape().slice(1, 3), size, stride, DENSE);
        return Tensors.avgPool(x, extents, window, false);
    }
}
