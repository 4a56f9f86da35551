package dev.gamelan.codegen;

import dev.gamelan.codegen.ConvShape.Axis;
import dev.gamelan.codegen.Convolution.PixelsDone;
import dev.gamelan.ir.Derived;
import dev.gamelan.runtime.Pool;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The taps of a kernel that ever meet an element of the input. Where a dilation passes the image, as in the wide branches of DeepLab on
 * small ones, the others only read padding: the convolution is one with a smaller kernel, which lies within the given one.
 *
 * @param shape of the convolution with these taps alone
 * @param first place of the first of them in the kernel
 * @param all elements of the given kernel
 */
record LiveTaps(ConvShape shape, int first, int all) {
    /** Nothing where all taps are live, none is, or those that are do not follow each other in the kernel. */
    static Optional<LiveTaps> of(ConvShape shape) {
        Axis[] axes = {shape.depth(), shape.height(), shape.width()};
        int first = 0;
        boolean crops = false;
        for (int i = 0; i < axes.length; i++) {
            Axis axis = axes[i];
            int low = 0;
            int high = axis.kernel();
            while (low < high && !isLive(axis, low)) {
                low++;
            }
            while (low < high && !isLive(axis, high - 1)) {
                high--;
            }
            if (low == high) {
                return Optional.empty();
            }
            // Taps within an axis that is cropped follow each other only if no axis before it has several.
            boolean several = axes[0].kernel() > 1 && i > 0 || i > 1 && axes[1].kernel() > 1;
            if (high - low < axis.kernel() && several) {
                return Optional.empty();
            }
            crops |= high - low < axis.kernel();
            first = first * axis.kernel() + low;
            axes[i] = new Axis(axis.in(), high - low, axis.out(), axis.stride(), axis.pad() - low * axis.dilation(), axis.dilation());
        }
        int tap = shape.groupChannels() * shape.filters();
        return crops ? Optional.of(new LiveTaps(new ConvShape(shape.batch(), shape.channels(), shape.filters(), shape.groups(), axes[0],
                axes[1], axes[2]), first * tap, shape.taps() * tap)) : Optional.empty();
    }

    private static boolean isLive(Axis axis, int tap) {
        for (int o = 0; o < axis.out(); o++) {
            int at = axis.start(o) + tap * axis.dilation();
            if (at >= 0 && at < axis.in()) {
                return true;
            }
        }
        return false;
    }

    /** A convolution or input's gradient with these taps, as one with the given kernel. */
    Convolution.Run ofKernel(Convolution.Run run) {
        return (Pool pool, Object left, int leftOffset, @Nullable Object right, int rightOffset, Object result, int resultOffset,
                @Nullable PixelsDone done, @Nullable Derived derived) -> run.run(pool, left, leftOffset, right, rightOffset + first, result,
                        resultOffset, done, derived);
    }

    /** The gradient of these taps, as one of the given kernel: the others' is zero. */
    Convolution.Run toKernel(Convolution.Run run) {
        int live = shape.taps() * shape.groupChannels() * shape.filters();
        return (Pool pool, Object left, int leftOffset, @Nullable Object right, int rightOffset, Object result, int resultOffset,
                @Nullable PixelsDone done, @Nullable Derived derived) -> {
            Scratch.zero(result, resultOffset, resultOffset + first);
            Scratch.zero(result, resultOffset + first + live, resultOffset + all);
            run.run(pool, left, leftOffset, right, rightOffset, result, resultOffset + first, done, derived);
        };
    }
}
