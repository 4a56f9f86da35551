package dev.gamelan.codegen;

import dev.gamelan.codegen.ConvShape.Axis;

/**
 * The rows of the left operand of a convolution seen as a matrix product: for each output pixel the input elements under
 * the kernel, zeros where it lies over padding. They exist for a few pixels at a time only, in cache.
 *
 * <p>One walk over the runs of elements that are contiguous in both serves gathering (image to patches) and scattering
 * (patches added to the image).
 */
final class Patches implements LeftRows {
    private static final int LONG_RUN = 64;

    private final ConvShape shape;
    private final PatchKernels kernels;
    private final boolean scatters;
    /** Whether the elements under one row of the kernel are contiguous in the input. */
    private final boolean wholeRows;
    private final int run;
    private final int runsPerRow;

    private Patches(ElementType type, Lanes lanes, ConvShape shape, boolean scatters) {
        this.shape = shape;
        this.scatters = scatters;
        this.kernels = PatchKernels.of(type, lanes);
        this.wholeRows = (shape.width().dilation() == 1 || shape.width().kernel() == 1) && shape.groups() == 1;
        this.run = wholeRows ? shape.width().kernel() * shape.channels() : shape.groupChannels();
        this.runsPerRow = wholeRows ? 1 : shape.width().kernel();
    }

    /** Copies images to patches. */
    static Patches gathering(ElementType type, Lanes lanes, ConvShape shape) {
        return new Patches(type, lanes, shape, false);
    }

    /** Adds patches to images. */
    static Patches scattering(ElementType type, Lanes lanes, ConvShape shape) {
        return new Patches(type, lanes, shape, true);
    }

    @Override
    public int firstLive(int row, int rows) {
        if (hasDepth()) {
            return 0;
        }
        int first = shape.height().kernel();
        for (int line = row / shape.width().out(); line <= (row + rows - 1) / shape.width().out(); line++) {
            first = Math.min(first, firstTap(line));
        }
        return first * run * runsPerRow;
    }

    @Override
    public int lastLive(int row, int rows) {
        if (hasDepth()) {
            return shape.patch();
        }
        int last = 0;
        for (int line = row / shape.width().out(); line <= (row + rows - 1) / shape.width().out(); line++) {
            last = Math.max(last, lastTap(line));
        }
        return last * run * runsPerRow;
    }

    private boolean hasDepth() {
        return shape.depth().kernel() > 1 || shape.depth().pad() != 0;
    }

    /** The first row of the kernel that is within the image, for a line of the output; the first of all where none is. */
    private int firstTap(int line) {
        int first = tapsBefore(line, 0);
        return first < tapsBefore(line, shape.height().in()) ? first : 0;
    }

    /** The end of the rows of the kernel that are within the image; that of the first where none is. */
    private int lastTap(int line) {
        int last = tapsBefore(line, shape.height().in());
        return tapsBefore(line, 0) < last ? last : 1;
    }

    /** Rows of the kernel that lie before a line of the image, for a line of the output. */
    private int tapsBefore(int line, int y) {
        Axis height = shape.height();
        return clamp(Math.ceilDiv(y - height.start(line % height.out()), height.dilation()), 0, height.kernel());
    }

    @Override
    public void copy(Object from, int offset, int row, int rows, int inner, int depth, Object to, int toOffset, int toStride) {
        move(from, offset, row, rows, inner, depth, to, toOffset, toStride);
    }

    /**
     * Moves elements {@code inner} to {@code inner + depth} of the patches of some pixels. Gathered patches are written in
     * order, each with up to {@link LeftRows#SLACK} elements beyond its end.
     *
     * @param image whose first element of the group is at {@code imageOffset}
     */
    void move(Object image, int imageOffset, int pixel, int count, int inner, int depth, Object patches, int patchesOffset,
            int patchStride) {
        int width = shape.width().out();
        for (int done = 0; done < count && depth > 0;) {
            int column = (pixel + done) % width;
            int length = Math.min(count - done, width - column);
            moveLine(image, imageOffset, (pixel + done) / width, column, length, inner, depth, patches,
                    patchesOffset + done * patchStride, patchStride);
            done += length;
        }
    }

    /** Patches of {@code length} pixels of one line of the output. */
    private void moveLine(Object image, int imageOffset, int line, int column, int length, int inner, int depth,
            Object patches, int patchesOffset, int patchStride) {
        Axis height = shape.height();
        Axis planes = shape.depth();
        int h = line % height.out();
        int d = line / height.out() % planes.out();
        int number = line / height.out() / planes.out();
        int kernelRow = run * runsPerRow;
        int lastRow = (inner + depth - 1) / kernelRow;
        for (int row = inner / kernelRow; row <= lastRow; row++) {
            int z = planes.start(d) + row / height.kernel() * planes.dilation();
            int y = height.start(h) + row % height.kernel() * height.dilation();
            boolean inside = z >= 0 && z < planes.in() && y >= 0 && y < height.in();
            int source = imageOffset
                    + ((number * planes.in() + z) * height.in() + y) * shape.width().in() * shape.channels();
            for (int tap = 0; tap < runsPerRow; tap++) {
                int start = (row * runsPerRow + tap) * run;
                int from = Math.max(0, inner - start);
                int to = Math.min(run, inner + depth - start);
                if (from < to) {
                    moveRuns(image, source, inside, tap, column, length, from, to, patches,
                            patchesOffset + start + from - inner, patchStride);
                }
            }
        }
    }

    /** Elements {@code from} to {@code to} of one run of each patch. */
    private void moveRuns(Object image, int source, boolean inside, int tap, int column, int length, int from, int to,
            Object patches, int patchesOffset, int patchStride) {
        Axis axis = shape.width();
        int taps = wholeRows ? axis.kernel() : 1;
        int shift = tap * axis.dilation() - axis.pad();
        int end = column + length;
        // Pixels o with 0 <= o * stride + shift and o * stride + shift + taps <= in touch no padding.
        int firstInner = inside ? clamp(Math.ceilDiv(-shift, axis.stride()), column, end) : end;
        int lastInner = inside ? clamp(Math.floorDiv(axis.in() - taps - shift, axis.stride()) + 1, firstInner, end) : end;
        int at = patchesOffset;
        for (int o = column; o < firstInner; o++, at += patchStride) {
            moveClipped(image, source, inside, o * axis.stride() + shift, from, to, patches, at);
        }
        int begin = source + (firstInner * axis.stride() + shift) * shape.channels() + from;
        moveInner(image, begin, axis.stride() * shape.channels(), patches, at, patchStride, lastInner - firstInner, to - from);
        at += (lastInner - firstInner) * patchStride;
        for (int o = lastInner; o < end; o++, at += patchStride) {
            moveClipped(image, source, inside, o * axis.stride() + shift, from, to, patches, at);
        }
    }

    private void moveInner(Object image, int begin, int step, Object patches, int at, int patchStride, int runs, int elements) {
        if (runs == 0 || elements == 0) {
            return;
        }
        if (scatters) {
            kernels.add().run(patches, at, patchStride, image, begin, step, runs, elements);
        } else if (elements < LONG_RUN) {
            kernels.copy().run(image, begin, step, patches, at, patchStride, runs, elements);
        } else {
            for (int i = 0; i < runs; i++) {
                System.arraycopy(image, begin + i * step, patches, at + i * patchStride, elements);
            }
        }
    }

    /** A run that begins at input column {@code position} and may leave the input on both sides. */
    private void moveClipped(Object image, int source, boolean inside, int position, int from, int to, Object patches, int at) {
        int elements = to - from;
        int channels = wholeRows ? shape.channels() : run;
        int taps = wholeRows ? shape.width().kernel() : 1;
        int low = inside ? clamp(-position, 0, taps) : taps;
        int high = inside ? clamp(shape.width().in() - position, low, taps) : taps;
        int begin = clamp(low * channels - from, 0, elements);
        int end = clamp(high * channels - from, begin, elements);
        if (!scatters) {
            Scratch.zero(patches, at, at + begin);
        }
        moveInner(image, source + position * shape.channels() + from + begin, 0, patches, at + begin, 0, 1, end - begin);
        if (!scatters) {
            Scratch.zero(patches, at + end, at + elements);
        }
    }

    private static int clamp(int value, int low, int high) {
        return Math.max(low, Math.min(high, value));
    }
}
