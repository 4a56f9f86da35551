package dev.gamelan.nn;

import dev.gamelan.ir.Window;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.Tensors;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The transpose of a convolution, which makes images larger, with weight (h, w, in, filters) and bias (filters). Without
 * padding the output is {@code (input - 1) stride + kernel}; with {@link #padSame} it is {@code input stride}.
 */
public record ConvTranspose2d(int filters, List<Integer> kernel, List<Integer> stride, Padding padding, boolean bias, Initializer init)
        implements Layer {

    private static final List<Integer> DENSE = List.of(1, 1);

    public ConvTranspose2d {
        kernel = List.copyOf(kernel);
        stride = List.copyOf(stride);
        Checks.positive("convTranspose2d", "filters", filters);
        kernel.forEach(extent -> Checks.positive("convTranspose2d", "kernel", extent));
    }

    /** One number for both axes, or height and width. */
    public ConvTranspose2d stride(int first, int... more) {
        return new ConvTranspose2d(filters, kernel, Padding.perAxis(kind(), "stride", 2, Ints.of(first, more)), padding, bias, init);
    }

    /** Cuts so much off on both sides; one number for both axes, or height and width. */
    public ConvTranspose2d pad(int first, int... more) {
        return padding(new Padding.Fixed(Padding.perAxis(kind(), "pad", 2, Ints.of(first, more))));
    }

    /** The output is {@code input stride}. */
    public ConvTranspose2d padSame() {
        return padding(new Padding.Same());
    }

    public ConvTranspose2d padding(Padding value) {
        return new ConvTranspose2d(filters, kernel, stride, value, bias, init);
    }

    public ConvTranspose2d noBias() {
        return new ConvTranspose2d(filters, kernel, stride, padding, false, init);
    }

    public ConvTranspose2d init(Initializer initializer) {
        return new ConvTranspose2d(filters, kernel, stride, padding, bias, initializer);
    }

    /** x: (B, H, W, in) -> (B, H', W', filters). */
    @Override
    public Tensor apply(Scope scope, Tensor x) {
        Checks.rank("convTranspose2d", "(batch, height, width, channels)", 4, x);
        Tensor weight = scope.parameter("weight", Shape.of(kernel.get(0), kernel.get(1), x.dim(-1), filters), init);
        Tensor y = switch (padding) {
            case Padding.Same() -> same(x, weight);
            case Padding.Fixed fixed -> Tensors.convTranspose(x, weight, fixed.window(x.shape().slice(1, 3), kernel, stride, DENSE), 1);
        };
        return bias ? y.add(scope.parameter("bias", Shape.of(filters), Initializer.zeros())) : y;
    }

    /** The transpose of the padded convolution that makes the input of the output. */
    private Tensor same(Tensor x, Tensor weight) {
        Shape spatial = Shape.of(x.dim(1) * stride.get(0), x.dim(2) * stride.get(1));
        Window window = padding.window(spatial, kernel, stride, DENSE);
        int[] rest = IntStream.range(0, 2).map(i -> Math.max(0, stride.get(i) - kernel.get(i))).toArray();
        return Tensors.convTranspose(x, weight, window, 1, rest);
    }
}
