package dev.gamelan.codegen;

import dev.gamelan.codegen.ConvShape.Axis;

/**
 * Copies of images with their padding, so that kernels need not know of edges: of each axis what the windows reach, from the first
 * element of the first window to the last of the last, zeros where that is outside of the image.
 */
final class PaddedImages {
    /** Sources of a pixel: all channels in their order. */
    private static final int[] ALL = {};

    private final ConvShape shape;
    /** Elements of a pixel of the copy. */
    private final int pixel;
    private final int planes;
    private final int lines;
    private final int columns;

    PaddedImages(ConvShape shape) {
        this(shape, shape.channels());
    }

    /** @param pixel elements of a pixel of the copy */
    PaddedImages(ConvShape shape, int pixel) {
        this.shape = shape;
        this.pixel = pixel;
        this.planes = reach(shape.depth());
        this.lines = reach(shape.height());
        this.columns = reach(shape.width());
    }

    private static int reach(Axis axis) {
        return Math.max(0, axis.out() - 1) * axis.stride() + (axis.kernel() - 1) * axis.dilation() + 1;
    }

    /** Elements of one line. */
    int line() {
        return columns * pixel;
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
        return d * shape.depth().stride() * plane() + h * shape.height().stride() * line() + w * shape.width().stride() * pixel;
    }

    /** Where an element of the window lies from its beginning: the first of the pixel at position (i, j, k) of the kernel. */
    int tap(int i, int j, int k) {
        return i * shape.depth().dilation() * plane() + j * shape.height().dilation() * line()
                + k * shape.width().dilation() * pixel;
    }

    /** Where the elements of a window lie from its beginning, in the order of a kernel. */
    int[] places() {
        int across = shape.width().kernel();
        int down = shape.height().kernel();
        int[] places = new int[shape.patch()];
        for (int i = 0; i < places.length; i++) {
            int tap = i / shape.groupChannels();
            places[i] = tap(tap / across / down, tap / across % down, tap % across) + i % shape.groupChannels();
        }
        return places;
    }

    /** Copies lines {@code from} to {@code to} of one image, the first of them to {@code offset}. */
    void copy(Object images, int imagesOffset, int number, int from, int to, Object padded, int offset) {
        copy(images, imagesOffset, number, from, to, ALL, padded, offset);
    }

    /** @param sources the channel of each element of a pixel; empty where that is all channels in their order */
    void copy(Object images, int imagesOffset, int number, int from, int to, int[] sources, Object padded, int offset) {
        for (int line = from; line < to; line++) {
            int at = offset + (line - from) * line();
            int source = source(number, line);
            if (source < 0) {
                Scratch.zero(padded, at, at + line());
            } else {
                copyLine(images, imagesOffset + source, sources, padded, at);
            }
        }
    }

    /**
     * Copies some channels to the beginning of each pixel.
     *
     * @param padded may be written up to {@link LeftRows#SLACK} elements behind the last line
     */
    void copy(Object images, int imagesOffset, int number, int from, int to, int channel, int count, PatchKernels moves, Object padded,
            int offset) {
        if (count == shape.channels()) {
            copy(images, imagesOffset, number, from, to, padded, offset);
            return;
        }
        int pad = shape.width().pad();
        int low = Math.clamp(pad, 0, columns);
        int high = Math.clamp(pad + shape.width().in(), low, columns);
        for (int line = from; line < to; line++) {
            int at = offset + (line - from) * line();
            int source = source(number, line);
            if (source < 0) {
                Scratch.zero(padded, at, at + line());
            } else {
                int first = imagesOffset + source + (low - pad) * shape.channels() + channel;
                Scratch.zero(padded, at, at + low * pixel);
                moves.copy().run(images, first, shape.channels(), padded, at + low * pixel, pixel, high - low, count);
                Scratch.zero(padded, at + high * pixel, at + line());
            }
        }
    }

    /** Where a line of an image begins among all images; negative where it is padding. */
    private int source(int number, int line) {
        Axis depth = shape.depth();
        Axis height = shape.height();
        int z = line / lines - depth.pad();
        int y = line % lines - height.pad();
        boolean outside = z < 0 || z >= depth.in() || y < 0 || y >= height.in();
        return outside ? -1 : ((number * depth.in() + z) * height.in() + y) * shape.width().in() * shape.channels();
    }

    private void copyLine(Object images, int source, int[] sources, Object padded, int at) {
        int pad = shape.width().pad();
        int low = Math.clamp(pad, 0, columns);
        int high = Math.clamp(pad + shape.width().in(), low, columns);
        int channels = shape.channels();
        int first = source + (low - pad) * channels;
        Scratch.zero(padded, at, at + low * pixel);
        if (sources.length == 0) {
            System.arraycopy(images, first, padded, at + low * pixel, (high - low) * pixel);
        } else if (images instanceof float[] floats) {
            spread(floats, first, high - low, sources, (float[]) padded, at + low * pixel);
        } else {
            spread((double[]) images, first, high - low, sources, (double[]) padded, at + low * pixel);
        }
        Scratch.zero(padded, at + high * pixel, at + line());
    }

    private void spread(float[] images, int source, int pixels, int[] sources, float[] padded, int at) {
        for (int i = 0; i < pixels; i++) {
            int from = source + i * shape.channels();
            int to = at + i * pixel;
            for (int k = 0; k < sources.length; k++) {
                padded[to + k] = images[from + sources[k]];
            }
        }
    }

    private void spread(double[] images, int source, int pixels, int[] sources, double[] padded, int at) {
        for (int i = 0; i < pixels; i++) {
            int from = source + i * shape.channels();
            int to = at + i * pixel;
            for (int k = 0; k < sources.length; k++) {
                padded[to + k] = images[from + sources[k]];
            }
        }
    }
}
