package dev.gamelan.codegen;

import dev.gamelan.ir.Window;
import dev.gamelan.shape.Shape;

/**
 * The extents of a convolution, channels last, with the spatial axes filled up to three by leading axes of extent 1.
 * Padding above follows from the output extents.
 *
 * @param channels of the input, all groups
 * @param filters channels of the output, all groups
 */
record ConvShape(int batch, int channels, int filters, int groups, Axis depth, Axis height, Axis width) {
    /** Channels of a group that are multiplied with less effort in lanes than as a matrix. */
    private static final int SMALL_GROUP = 7;
    private static final int WIDEST_VECTOR = 16;

    /**
     * One spatial axis.
     *
     * @param pad elements before the first; negative crops
     */
    record Axis(int in, int kernel, int out, int stride, int pad, int dilation) {
        private static final Axis NONE = new Axis(1, 1, 1, 1, 0, 1);

        /** The input position under tap 0 of output position {@code o}. */
        int start(int o) {
            return o * stride - pad;
        }

        /** The axis of the convolution that computes the input's gradient where the stride is 1. */
        Axis transposed() {
            return new Axis(out, kernel, in, 1, dilation * (kernel - 1) - pad, dilation);
        }

        /** Whether each output is computed from one input. */
        boolean takesPixels() {
            return kernel == 1 && pad <= 0 && start(out - 1) < in;
        }

        boolean isPlain() {
            return kernel == 1 && stride == 1 && pad == 0 && out == in;
        }
    }

    /** @param x (batch, spatial..., channels); @param w (spatial..., channels / groups, filters) */
    static ConvShape of(Shape x, Shape w, Window window, int groups) {
        int rank = window.rank();
        Shape out = window.output(x.slice(1, rank + 1), w.slice(0, rank));
        Axis[] axes = {Axis.NONE, Axis.NONE, Axis.NONE};
        for (int i = 0; i < rank; i++) {
            axes[3 - rank + i] = new Axis(x.dim(i + 1), w.dim(i), out.dim(i), window.stride().get(i),
                    window.padLow().get(i), window.dilation().get(i));
        }
        return new ConvShape(x.dim(0), x.dim(-1), w.dim(-1), groups, axes[0], axes[1], axes[2]);
    }

    int groupChannels() {
        return channels / groups;
    }

    int groupFilters() {
        return filters / groups;
    }

    /** Positions of the kernel. */
    int taps() {
        return depth.kernel() * height.kernel() * width.kernel();
    }

    /** Input elements under the kernel, in one group. */
    int patch() {
        return taps() * groupChannels();
    }

    int imagePixels() {
        return depth.out() * height.out() * width.out();
    }

    /** Multiply-adds of the direct sum. */
    long operations() {
        return (long) pixels() * filters * patch();
    }

    /** Output pixels of the whole batch. */
    int pixels() {
        return batch * imagePixels();
    }

    int inputPixels() {
        return batch * depth.in() * height.in() * width.in();
    }

    /** Whether output pixels are input pixels. */
    boolean isPointwise() {
        return depth.isPlain() && height.isPlain() && width.isPlain();
    }

    /** Whether each output pixel is computed from one input pixel, perhaps not from every one. */
    boolean takesPixels() {
        return depth.takesPixels() && height.takesPixels() && width.takesPixels();
    }

    /** Whether each channel is convolved by itself. */
    boolean isDepthwise() {
        return groups > 1 && groups == channels && filters == channels;
    }

    /** Whether groups are so small that many of them fill the lanes of a vector, and channels and filters enough for the widest. */
    boolean hasSmallGroups() {
        return groups > 1 && groupChannels() <= SMALL_GROUP && groupFilters() <= SMALL_GROUP && groupChannels() > 0
                && Math.min(channels, filters) >= WIDEST_VECTOR;
    }

    boolean isDilated() {
        return depth.dilation() > 1 || height.dilation() > 1 || width.dilation() > 1;
    }

    boolean hasUnitStrides() {
        return depth.stride() == 1 && height.stride() == 1 && width.stride() == 1;
    }

    /** The convolution of the output's gradient, with the flipped kernel, that gives the input's; for strides of 1. */
    ConvShape transposed() {
        return new ConvShape(batch, filters, channels, groups, depth.transposed(), height.transposed(), width.transposed());
    }
}
