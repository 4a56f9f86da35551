package dev.gamelan.codegen;

import dev.gamelan.codegen.Gemm.Layout;
import dev.gamelan.codegen.Gemm.Problem;
import dev.gamelan.ir.Derived;
import dev.gamelan.ir.Window;
import dev.gamelan.runtime.Pool;
import dev.gamelan.shape.Shape;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Convolutions of fixed extents over {@code float[]} or {@code double[]}, channels last: x (batch, spatial..., channels),
 * w (spatial..., channels / groups, filters), y (batch, spatial..., filters), with 1 to 3 spatial axes. Each direction is
 * prepared once and run often; any number of threads may run one instance at the same time. Results are the same to the
 * bit for any number of threads.
 *
 * <p>They are matrix products whose left operand, the patches of the input, is gathered a few pixels at a time into cache
 * and never exists as a whole ("implicit GEMM"; Chetlur et al., cuDNN, 2014).
 */
public final class Convolution {
    /** One direction of a convolution: two operands, one result. */
    @FunctionalInterface
    public interface Run {
        /**
         * Computes the result, which is overwritten.
         *
         * @param done is told about ranges of finished pixels (batch and spatial axes flattened) of the result; its batch
         *        is always 0. Not for kernels' gradients, whose rows are none.
         * @param right   null where {@code derived} has values that have not been read
         * @param derived of the right array, if that does not change: what is made of it may be kept there for later runs
         */
        void run(Pool pool, Object left, int leftOffset, @Nullable Object right, int rightOffset, Object result, int resultOffset,
                @Nullable PixelsDone done, @Nullable Derived derived);

        /** As {@link #run}, where the right array may change. */
        default void run(Pool pool, Object left, int leftOffset, Object right, int rightOffset, Object result, int resultOffset,
                @Nullable PixelsDone done) {
            run(pool, left, leftOffset, right, rightOffset, result, resultOffset, done, null);
        }
    }

    /** Is told about pixels of the result while they are still in cache. */
    @FunctionalInterface
    public interface PixelsDone {
        /** All channels of pixels {@code from} to {@code to} are final; called once per pixel, on any thread of the pool. */
        void pixels(int from, int to);
    }

    private Convolution() {
    }

    /** (x, w) -> y. */
    public static Run forward(ElementType type, Shape x, Shape w, Window window, int groups) {
        return forward(Lanes.preferred(type), type, x, w, window, groups, false);
    }

    /** (gy, w) -> gradient of x, of extents {@code x}: also the transposed convolution. */
    public static Run inputGradient(ElementType type, Shape x, Shape w, Window window, int groups) {
        return inputGradient(Lanes.preferred(type), type, x, w, window, groups, false);
    }

    /** (x, gy) -> gradient of w, of extents {@code w}. */
    public static Run kernelGradient(ElementType type, Shape x, Shape w, Window window, int groups) {
        return kernelGradient(Lanes.preferred(type), type, x, w, window, groups);
    }

    /**
     * {@link #forward(ElementType, Shape, Shape, Window, int)} in a given form.
     *
     * @param kept whether most runs have the same kernel
     */
    public static Run forward(Lanes lanes, ElementType type, Shape x, Shape w, Window window, int groups, boolean kept) {
        ConvShape shape = ConvShape.of(x, w, window, groups);
        return LiveTaps.of(shape).map(live -> live.ofKernel(forward(lanes, type, live.shape(), kept)))
                .orElseGet(() -> forward(lanes, type, shape, kept));
    }

    private static Run forward(Lanes lanes, ElementType type, ConvShape shape, boolean kept) {
        if (DepthwiseInPlace.pays(shape, false)) {
            return DepthwiseInPlace.forward(lanes, type, shape);
        }
        return shape.isDepthwise() || shape.hasSmallGroups() ? Depthwise.forward(lanes, type, shape) : product(lanes, type, shape, kept);
    }

    /** Whether there is {@link #forwardOfPlanes} for such operands: where it takes no longer than with channels last. */
    static boolean readsPlanes(ElementType type, Shape x, Shape w, Window window, int groups) {
        ConvShape shape = ConvShape.of(x, w, window, groups);
        return readsPlanes(type, LiveTaps.of(shape).map(LiveTaps::shape).orElse(shape));
    }

    private static boolean readsPlanes(ElementType type, ConvShape shape) {
        return DirectConvolution.pays(shape) && !WinogradChoice.fits(type, shape) && !WinogradChoice.fitsLines(type, shape)
                && !PointwiseConvolution.pays(shape)
                && !FewFilters.pays(shape);
    }

    /**
     * {@link #forward(ElementType, Shape, Shape, Window, int)} of images that lie channel by channel, (batch, channels, spatial...). The bits are the same.
     *
     * @param x the extents with channels last, as elsewhere
     */
    static Run forwardOfPlanes(Lanes lanes, ElementType type, Shape x, Shape w, Window window, int groups) {
        ConvShape shape = ConvShape.of(x, w, window, groups);
        return LiveTaps.of(shape).map(live -> live.ofKernel(new DirectConvolution(lanes, type, live.shape(), true)))
                .orElseGet(() -> new DirectConvolution(lanes, type, shape, true));
    }

    /**
     * {@link #inputGradient(ElementType, Shape, Shape, Window, int)} in a given form.
     *
     * @param kept whether most runs have the same kernel
     */
    public static Run inputGradient(Lanes lanes, ElementType type, Shape x, Shape w, Window window, int groups, boolean kept) {
        ConvShape shape = ConvShape.of(x, w, window, groups);
        return LiveTaps.of(shape).map(live -> live.ofKernel(inputGradient(lanes, type, live.shape(), kept)))
                .orElseGet(() -> inputGradient(lanes, type, shape, kept));
    }

    private static Run inputGradient(Lanes lanes, ElementType type, ConvShape shape, boolean kept) {
        if (DepthwiseInPlace.pays(shape, true)) {
            return DepthwiseInPlace.inputGradient(lanes, type, shape);
        }
        if (shape.isDepthwise() || shape.hasSmallGroups()) {
            return Depthwise.inputGradient(lanes, type, shape);
        }
        return shape.hasUnitStrides() ? flipped(lanes, type, shape, kept) : new ScatteredConvolution(lanes, type, shape);
    }

    /** {@link #kernelGradient(ElementType, Shape, Shape, Window, int)} in a given form. */
    public static Run kernelGradient(Lanes lanes, ElementType type, Shape x, Shape w, Window window, int groups) {
        ConvShape shape = ConvShape.of(x, w, window, groups);
        return LiveTaps.of(shape).map(live -> live.toKernel(kernelGradient(lanes, type, live.shape())))
                .orElseGet(() -> kernelGradient(lanes, type, shape));
    }

    private static Run kernelGradient(Lanes lanes, ElementType type, ConvShape shape) {
        if (shape.isDepthwise() || shape.hasSmallGroups()) {
            return new DepthwiseKernelGradient(lanes, type, shape);
        }
        if (WinogradGradientByParts.pays(type, shape)) {
            return new WinogradGradientByParts(lanes, type, shape);
        }
        if (WinogradKernelGradient.pays(type, shape)) {
            return new WinogradKernelGradient(lanes, type, shape);
        }
        if (DirectKernelGradient.pays(shape)) {
            return new DirectKernelGradient(lanes, type, shape);
        }
        Layout gradient = new Layout(shape.groupFilters(), shape.filters(), 1);
        Layout left = shape.isPointwise() ? new Layout(shape.groupChannels(), 1, shape.channels())
                : new Layout(shape.groupChannels(), 0, 0);
        Problem problem = new Problem(type, shape.groups(), shape.patch(), shape.groupFilters(), shape.pixels(), left,
                new Layout(shape.groupFilters(), shape.filters(), 1), gradient);
        return new GemmConvolution(shape.isPointwise() ? new PackedPath(lanes, problem, false)
                : new PackedPath(lanes, problem, new TransposedPatches(type, lanes, shape)), problem);
    }

    /** The convolution as a product of patches and kernel, one per group, or in a way without patches where that is faster. */
    private static Run product(Lanes lanes, ElementType type, ConvShape shape, boolean kept) {
        if (WinogradChoice.isByParts(type, shape, kept)) {
            return new WinogradByParts(lanes, type, shape, WinogradPoints.SIX, false);
        }
        return withoutPatches(lanes, type, shape, kept).orElseGet(
                () -> ofPatches(lanes, type, shape, new Layout(shape.groupFilters(), shape.filters(), 1), null, kept));
    }

    /** The input's gradient where strides are 1: the convolution of the output's gradient with the flipped kernel. */
    private static Run flipped(Lanes lanes, ElementType type, ConvShape shape, boolean kept) {
        ConvShape transposed = shape.transposed();
        if (WinogradChoice.isByParts(type, transposed, kept)) {
            return new WinogradByParts(lanes, type, transposed, WinogradPoints.SIX, true);
        }
        Optional<Run> product = withoutPatches(lanes, type, transposed, kept);
        return product.isPresent() ? new FlippedConvolution(lanes, type, shape, product.get())
                : ofPatches(lanes, type, transposed, new Layout(shape.groupFilters(), 1, shape.filters()),
                        new FlippedColumns(lanes, type, shape), kept);
    }

    private static Optional<Run> withoutPatches(Lanes lanes, ElementType type, ConvShape shape, boolean kept) {
        Optional<WinogradPoints> points = WinogradChoice.of(type, shape, kept);
        if (points.isPresent()) {
            return Optional.of(new Winograd(lanes, type, shape, points.get()));
        }
        Optional<WinogradLineTiles> ofLines = WinogradChoice.ofLines(type, shape, kept);
        if (ofLines.isPresent()) {
            return Optional.of(new WinogradLines(lanes, type, shape, ofLines.get()));
        }
        if (PointwiseConvolution.pays(shape)) {
            return Optional.of(new PointwiseConvolution(lanes, type, shape));
        }
        if (FewFilters.pays(shape)) {
            return Optional.of(new FewFilters(type, shape, product(lanes, type, FewFilters.columns(shape), kept)));
        }
        if (GroupedConvolution.pays(shape)) {
            return Optional.of(new GroupedConvolution(lanes, type, shape));
        }
        return DirectConvolution.pays(shape) ? Optional.of(new DirectConvolution(lanes, type, shape, false)) : Optional.empty();
    }

    /**
     * @param columns brings the kernel into panels, where it is no matrix
     * @param kept    whether most runs have the same kernel
     */
    private static Run ofPatches(Lanes lanes, ElementType type, ConvShape shape, Layout kernel, @Nullable RightColumns columns,
            boolean kept) {
        boolean pointwise = shape.isPointwise();
        Layout left = new Layout(shape.groupChannels(), pointwise ? shape.channels() : 0, pointwise ? 1 : 0);
        Problem problem = new Problem(type, shape.groups(), shape.pixels(), shape.groupFilters(), shape.patch(), left, kernel,
                new Layout(shape.groupFilters(), shape.filters(), 1));
        @Nullable LeftRows rows = pointwise ? PackedPath.matrixRows(lanes, problem) : Patches.gathering(type, lanes, shape);
        return new GemmConvolution(new PackedPath(lanes, problem, rows, columns, kept), problem);
    }
}
