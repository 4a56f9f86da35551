package dev.gamelan.codegen;

import dev.gamelan.codegen.ConvShape.Axis;

/**
 * Copies of images with their padding, so that kernels need not know of edges: of each axis what the windows reach, from the first
 * element of the first window to the last of the last, zeros where that is outside of the image. The channels of a pixel lie side by side,
 * or each line has one of each channel, as images that lie plane by plane have.
 */
final class PaddedImages {
    /** Sources of a pixel: all channels in their order. */
    private static final int[] ALL = {};

    private final ConvShape shape;
    private final boolean ofPlanes;
    /** From one pixel of the copy to the next. */
    private final int pixel;
    /** From one channel of a pixel to the next. */
    private final int channel;
    private final int planes;
    private final int lines;
    private final int columns;

    PaddedImages(ConvShape shape) {
        this(shape, shape.channels());
    }

    /** @param pixel elements of a pixel of the copy */
    PaddedImages(ConvShape shape, int pixel) {
        this(shape, pixel, false);
    }

    private PaddedImages(ConvShape shape, int pixel, boolean ofPlanes) {
        this.shape = shape;
        this.planes = reach(shape.depth());
        this.lines = reach(shape.height());
        this.columns = reach(shape.width());
        this.ofPlanes = ofPlanes;
        this.pixel = pixel;
        this.channel = ofPlanes ? columns : 1;
    }

    /** Copies of images (batch, channels, spatial...). */
    static PaddedImages ofPlanes(ConvShape shape) {
        return new PaddedImages(shape, 1, true);
    }

    private static int reach(Axis axis) {
        return Math.max(0, axis.out() - 1) * axis.stride() + (axis.kernel() - 1) * axis.dilation() + 1;
    }

    /** Elements of one line. */
    int line() {
        return ofPlanes ? shape.channels() * channel : columns * pixel;
    }

    /** From one pixel of a line to the next. */
    int pixel() {
        return pixel;
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
            places[i] = tap(tap / across / down, tap / across % down, tap % across) + i % shape.groupChannels() * channel;
        }
        return places;
    }

    /** Copies lines {@code from} to {@code to} of one image, the first of them to {@code offset}. */
    void copy(Object images, int imagesOffset, int number, int from, int to, Object padded, int offset) {
        copy(images, imagesOffset, number, from, to, ALL, padded, offset);
    }

    /** @param sources the channel of each element of a pixel; empty where that is all channels in their order */
    void copy(Object images, int imagesOffset, int number, int from, int to, int[] sources, Object padded, int offset) {
        if (ofPlanes) {
            copyPlanes(images, imagesOffset, number, from, to, padded, offset);
            return;
        }
        for (int line = from; line < to; line++) {
            int at = offset + (line - from) * line();
            int source = source(line);
            if (source < 0) {
                Scratch.zero(padded, at, at + line());
            } else {
                copyLine(images, imagesOffset + (number * pixels() + source) * shape.channels(), shape.channels(), sources, padded, at);
            }
        }
    }

    /** Channel by channel, as they lie in memory. */
    private void copyPlanes(Object images, int imagesOffset, int number, int from, int to, Object padded, int offset) {
        for (int c = 0; c < shape.channels(); c++) {
            int plane = imagesOffset + (number * shape.channels() + c) * pixels();
            for (int line = from; line < to; line++) {
                int at = offset + (line - from) * line() + c * channel;
                int source = source(line);
                if (source < 0) {
                    Scratch.zero(padded, at, at + columns);
                } else {
                    copyLine(images, plane + source, 1, ALL, padded, at);
                }
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
        int low = low();
        int high = high();
        for (int line = from; line < to; line++) {
            int at = offset + (line - from) * line();
            int source = source(line);
            if (source < 0) {
                Scratch.zero(padded, at, at + line());
            } else {
                int first = imagesOffset + (number * pixels() + source + low - pad) * shape.channels() + channel;
                Scratch.zero(padded, at, at + low * pixel);
                moves.copy().run(images, first, shape.channels(), padded, at + low * pixel, pixel, high - low, count);
                Scratch.zero(padded, at + high * pixel, at + line());
            }
        }
    }

    /**
     * Copies the channels of some groups, each to a place of its own: pixel by pixel, as they lie in memory.
     *
     * @param channel the first of the first group; a pixel of the copy has those of one group
     * @param groupStep distance of the copies of two groups, each of which may be written up to {@link LeftRows#SLACK} elements behind its last line
     */
    void copyGroups(Object images, int imagesOffset, int number, int from, int to, int channel, int groups, GroupCopy copy, Object padded,
            int offset, int groupStep) {
        int pad = shape.width().pad();
        int low = low();
        int high = high();
        for (int line = from; line < to; line++) {
            int at = offset + (line - from) * line();
            int source = source(line);
            for (int g = 0; g < groups; g++) {
                Scratch.zero(padded, at + g * groupStep, at + g * groupStep + (source < 0 ? columns : low) * pixel);
            }
            if (source < 0) {
                continue;
            }
            int first = imagesOffset + (number * pixels() + source + low - pad) * shape.channels() + channel;
            copy.run(images, first, shape.channels(), padded, at + low * pixel, pixel, groupStep, high - low, groups);
            for (int g = 0; g < groups; g++) {
                Scratch.zero(padded, at + g * groupStep + high * pixel, at + g * groupStep + columns * pixel);
            }
        }
    }

    /** The first pixel of a padded line that is of the image. */
    private int low() {
        return Math.clamp(shape.width().pad(), 0, columns);
    }

    /** The first one behind those of the image. */
    private int high() {
        return Math.clamp(shape.width().pad() + shape.width().in(), low(), columns);
    }

    /** Pixels of an image. */
    private int pixels() {
        return shape.depth().in() * shape.height().in() * shape.width().in();
    }

    /** The pixel of an image with which a line begins; negative where it is padding. */
    private int source(int line) {
        Axis depth = shape.depth();
        Axis height = shape.height();
        int z = line / lines - depth.pad();
        int y = line % lines - height.pad();
        boolean outside = z < 0 || z >= depth.in() || y < 0 || y >= height.in();
        return outside ? -1 : (z * height.in() + y) * shape.width().in();
    }

    /** @param elements of a pixel of the image */
    private void copyLine(Object images, int source, int elements, int[] sources, Object padded, int at) {
        int pad = shape.width().pad();
        int low = low();
        int high = high();
        int first = source + (low - pad) * elements;
        Scratch.zero(padded, at, at + low * pixel);
        if (sources.length == 0) {
            System.arraycopy(images, first, padded, at + low * pixel, (high - low) * pixel);
        } else if (images instanceof float[] floats) {
            spread(floats, first, high - low, sources, (float[]) padded, at + low * pixel);
        } else {
            spread((double[]) images, first, high - low, sources, (double[]) padded, at + low * pixel);
        }
        Scratch.zero(padded, at + high * pixel, at + columns * pixel);
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
