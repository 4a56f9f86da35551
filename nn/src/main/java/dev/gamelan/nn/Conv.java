package dev.gamelan.nn;

import dev.gamelan.ir.Window;
import dev.gamelan.shape.Shape;
import dev.gamelan.shape.ShapeException;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.Tensors;
import java.util.Collections;
import java.util.List;

/**
 * A convolution over one, two or three spatial axes, with weight (kernel..., in / groups, filters) and bias (filters).
 * As everywhere in this field it does not flip the kernel.
 */
public record Conv(int filters, List<Integer> kernel, List<Integer> stride, Padding padding, List<Integer> dilation, int groups,
        boolean bias, Initializer init) implements Layer {

    public Conv {
        kernel = List.copyOf(kernel);
        stride = List.copyOf(stride);
        dilation = List.copyOf(dilation);
        Checks.positive("conv", "filters", filters);
        Checks.positive("conv", "groups", groups);
        kernel.forEach(extent -> Checks.positive("conv", "kernel", extent));
        if (filters % groups != 0) {
            throw ShapeException.of("conv: filters do not divide into groups", "a multiple of " + groups + " filters",
                    filters + " filters");
        }
    }

    static Conv of(int axes, int filters, int... kernel) {
        List<Integer> ones = Collections.nCopies(axes, 1);
        return new Conv(filters, Padding.perAxis("conv" + axes + "d", "kernel", axes, kernel), ones, Padding.none(axes), ones, 1, true,
                Initializer.heNormal());
    }

    /** One number for all axes, or one for each. */
    public Conv stride(int first, int... more) {
        return new Conv(filters, kernel, perAxis("stride", first, more), padding, dilation, groups, bias, init);
    }

    /** One number for all axes, or one for each. */
    public Conv dilation(int first, int... more) {
        return new Conv(filters, kernel, stride, padding, perAxis("dilation", first, more), groups, bias, init);
    }

    /** So much zero on both sides; one number for all axes, or one for each. */
    public Conv pad(int first, int... more) {
        return padding(new Padding.Fixed(perAxis("pad", first, more)));
    }

    /** Zeros around, so that the output is {@code ceil(input / stride)}. */
    public Conv padSame() {
        return padding(new Padding.Same());
    }

    public Conv padding(Padding value) {
        return new Conv(filters, kernel, stride, value, dilation, groups, bias, init);
    }

    /** Input and output channels are split into so many parts, and each output sees only the inputs of its part. */
    public Conv groups(int value) {
        return new Conv(filters, kernel, stride, padding, dilation, value, bias, init);
    }

    public Conv noBias() {
        return new Conv(filters, kernel, stride, padding, dilation, groups, false, init);
    }

    public Conv init(Initializer initializer) {
        return new Conv(filters, kernel, stride, padding, dilation, groups, bias, initializer);
    }

    /** x: (B, spatial..., in) -> (B, spatial'..., filters). */
    @Override
    public Tensor apply(Scope scope, Tensor x) {
        int axes = kernel.size();
        Checks.rank(kind(), axes == 1 ? "(batch, length, channels)" : axes == 2 ? "(batch, height, width, channels)"
                : "(batch, depth, height, width, channels)", axes + 2, x);
        if (x.dim(-1) % groups != 0) {
            throw ShapeException.of(kind() + ": channels do not divide into groups", "a multiple of " + groups + " channels",
                    x.shape().toString());
        }
        Shape extents = Shape.of(kernel.stream().mapToInt(i -> i).toArray());
        Tensor weight = scope.parameter("weight", extents.concat(Shape.of(x.dim(-1) / groups, filters)), init);
        Window window = padding.window(x.shape().slice(1, axes + 1), kernel, stride, dilation);
        Tensor y = Tensors.conv(x, weight, window, groups);
        return bias ? y.add(scope.parameter("bias", Shape.of(filters), Initializer.zeros())) : y;
    }

    @Override
    public String kind() {
        return "conv" + kernel.size() + "d";
    }

    private List<Integer> perAxis(String what, int first, int... more) {
        return Padding.perAxis(kind(), what, kernel.size(), Ints.of(first, more));
    }
}
