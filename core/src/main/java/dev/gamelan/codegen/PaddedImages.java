package dev.gamelan.codegen;

import dev.gamelan.codegen.ConvShape.Axis;

/**
 * Copies of images with their padding, so that kernels need not know of edges: of each axis what the windows reach, from the first
 * element of the first window to the last of the last, zeros where that is outside of the image.
 */
final class PaddedImages {
    private final ConvShape shape;
    private final int planes;
    private final int lines;
    private final int columns;

    PaddedImages(ConvShape shape) {
        this.shape = shape;
        this.planes = reach(shape.depth());
        this.lines = reach(shape.height());
        this.columns = reach(shape.width());
    }

    private static int reach(Axis axis) {
        return Math.max(0, axis.out() - 1) * axis.stride() + (axis.kernel() - 1) * axis.dilation() + 1;
    }

    /** Elements of one line. */
    int line() {
        return columns * shape.channels();
    }

    /** Elements of one plane. */
    int plane() {
        return lines * line();
    }

    /** Elements of one image. */
    int image() {
        return planes * plane();
    }

    /** Lines of one image. */
    int lines() {
        return planes * lines;
    }

    /** Where the window of the output pixel (d, h, w) begins, in its image. */
    int start(int d, int h, int w) {
        return d * shape.depth().stride() * plane() + h * shape.height().stride() * line() + w * shape.width().stride() * shape.channels();
    }

    /** Where an element of the window lies from its beginning: of the first channel at position (i, j, k) of the kernel. */
    int tap(int i, int j, int k) {
        return i * shape.depth().dilation() * plane() + j * shape.height().dilation() * line()
                + k * shape.width().dilation() * shape.channels();
    }

    /** Copies lines {@code from} to {@code to} of one image, the first of them to {@code offset}. */
    void copy(Object images, int imagesOffset, int number, int from, int to, Object padded, int offset) {
        Axis depth = shape.depth();
        Axis height = shape.height();
        for (int line = from; line < to; line++) {
            int z = line / lines - depth.pad();
            int y = line % lines - height.pad();
            int at = offset + (line - from) * line();
            if (z < 0 || z >= depth.in() || y < 0 || y >= height.in()) {
                Scratch.zero(padded, at, at + line());
            } else {
                int source = ((number * depth.in() + z) * height.in() + y) * shape.width().in() * shape.channels();
                copyLine(images, imagesOffset + source, padded, at);
            }
        }
    }

    private void copyLine(Object images, int source, Object padded, int at) {
        int pad = shape.width().pad();
        int low = Math.clamp(pad, 0, columns);
        int high = Math.clamp(pad + shape.width().in(), low, columns);
        int channels = shape.channels();
        Scratch.zero(padded, at, at + low * channels);
        System.arraycopy(images, source + (low - pad) * channels, padded, at + low * channels, (high - low) * channels);
        Scratch.zero(padded, at + high * channels, at + line());
    }
}
