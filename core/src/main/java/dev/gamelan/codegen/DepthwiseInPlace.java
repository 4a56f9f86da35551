package dev.gamelan.codegen;

import dev.gamelan.codegen.ConvShape.Axis;
import dev.gamelan.codegen.DepthwiseSum.Taps;
import dev.gamelan.runtime.Pool;
import java.util.Arrays;

/**
 * A convolution of each channel by itself, or the gradient of its input where strides are 1, that reads images where they are. Pixels that
 * have all columns of taps are computed some at a time, those at the edges one by one, each with the columns that it has; lines at the
 * edges have fewer rows of taps.
 */
final class DepthwiseInPlace extends ConvPath {
    /** Pixels of a line that have all columns of taps; for fewer, a copy with padding costs less. */
    private static final int LEAST_INNER = 4;
    /** Pixels of a share of a line. */
    private static final int LEAST_SHARE = 32;
    /** Lines at a time whose pixels at an edge are computed. */
    private static final int SEVERAL = 4;
    private static final int BESIDE = 2;

    private final ElementType type;
    private final ConvShape shape;
    private final int planes;
    private final Side height;
    private final Side width;
    private final int channels;
    /** Pixels from {@code low} to {@code high} have all columns of taps. */
    private final int low;
    private final int high;
    private final Columns inner;
    /** By pixel below {@code low}, and then from {@code high} on. */
    private final Columns[] edges;
    /** Of one pixel at an edge. */
    private final Warm<DepthwiseSum> single;
    /** Of such pixels of several lines. */
    private final Warm<DepthwiseSum> several;
    /** Of two side by side that have the same taps, as with a dilation. */
    private final Warm<DepthwiseSum> beside;
    /** As many lines. */
    private final int lines;

    /**
     * One axis of the results.
     *
     * @param in extent of the operand
     * @param move from one result to the next on the operand's axis
     * @param places of the taps from where a result has its own
     */
    private record Side(int count, int in, int move, int[] places) {
        static Side ofOutput(Axis axis) {
            return new Side(axis.out(), axis.in(), axis.stride(), places(axis.kernel(), -axis.pad(), axis.dilation()));
        }

        /** Input i gets from output i + pad - k * dilation through tap k. */
        static Side ofInput(Axis axis) {
            return new Side(axis.in(), axis.out(), 1, places(axis.kernel(), axis.pad(), -axis.dilation()));
        }

        private static int[] places(int taps, int first, int step) {
            int[] places = new int[taps];
            Arrays.setAll(places, k -> first + k * step);
            return places;
        }

        int taps() {
            return places.length;
        }

        private boolean has(int result, int tap) {
            int at = result * move + places[tap];
            return at >= 0 && at < in;
        }

        /** The first tap that a result has; they lie side by side. */
        int from(int result) {
            int tap = 0;
            while (tap < taps() && !has(result, tap)) {
                tap++;
            }
            return tap;
        }

        /** The end of those that a result has. */
        int to(int result) {
            int tap = from(result);
            while (tap < taps() && has(result, tap)) {
                tap++;
            }
            return tap;
        }

        /** The first result that has all taps; they lie side by side. */
        int low() {
            return Math.clamp(Math.ceilDiv(-Math.min(places[0], places[taps() - 1]), move), 0, count);
        }

        /** The end of those that have all taps. */
        int high() {
            return Math.clamp(Math.floorDiv(in - 1 - Math.max(places[0], places[taps() - 1]), move) + 1, low(), count);
        }
    }

    /**
     * The taps of pixels that have the same columns.
     *
     * @param inRow rows of taps, as a kernel counts them, of a row of the convolution's
     */
    private record Columns(Warm<DepthwiseSum> kernel, DepthwiseSum plain, int[] xRows, int[] wRows, int inRow) {
    }

    private DepthwiseInPlace(Lanes lanes, ElementType type, ConvShape shape, Side height, Side width) {
        this.type = type;
        this.shape = shape;
        this.planes = shape.batch() * shape.depth().in();
        this.height = height;
        this.width = width;
        this.channels = shape.channels();
        this.low = width.low();
        this.high = width.high();
        this.single = DepthwiseSum.of(type, lanes, channels, Taps.APART, 1);
        this.lines = Math.clamp(height.count(), 1, SEVERAL);
        this.several = DepthwiseSum.of(type, lanes, channels, Taps.APART, lines);
        this.beside = shape.width().dilation() > 1 ? DepthwiseSum.of(type, lanes, channels, Taps.APART, BESIDE) : single;
        this.inner = inner(lanes);
        this.edges = new Columns[low + width.count() - high];
        Arrays.setAll(edges, i -> edge(i < low ? i : i - low + high));
    }

    /** Whether most pixels of a line have all columns of taps, or a copy would have far more lines than the results, as taps are apart. */
    static boolean pays(ConvShape shape, boolean isGradient) {
        if (!shape.isDepthwise() || !shape.depth().isPlain() || isGradient && !shape.hasUnitStrides() || shape.taps() == 0) {
            return false;
        }
        Side width = isGradient ? Side.ofInput(shape.width()) : Side.ofOutput(shape.width());
        int inner = width.high() - width.low();
        return inner >= LEAST_INNER && (2 * inner >= width.count() || shape.isDilated());
    }

    /** (x, w) -> y. */
    static Convolution.Run forward(Lanes lanes, ElementType type, ConvShape shape) {
        return new DepthwiseInPlace(lanes, type, shape, Side.ofOutput(shape.height()), Side.ofOutput(shape.width()));
    }

    /** (gy, w) -> gradient of x. */
    static Convolution.Run inputGradient(Lanes lanes, ElementType type, ConvShape shape) {
        return new DepthwiseInPlace(lanes, type, shape, Side.ofInput(shape.height()), Side.ofInput(shape.width()));
    }

    private Columns inner(Lanes lanes) {
        int move = width.move() * channels;
        Taps together = width.taps() < 2 ? Taps.APART
                : new Taps(width.taps(), move, (width.places()[1] - width.places()[0]) * channels, channels);
        Taps taps = together.areShared() && !DepthwiseKernels.isMasked(lanes, channels) ? together : Taps.APART;
        int pixels = DepthwiseSum.pixelsAtATime(lanes, channels, taps, high - low);
        return columns(DepthwiseSum.of(type, lanes, channels, taps, pixels), taps, 0, width.taps());
    }

    private Columns edge(int pixel) {
        return columns(single, Taps.APART, width.from(pixel), width.to(pixel));
    }

    private Columns columns(Warm<DepthwiseSum> kernel, Taps taps, int from, int to) {
        int inRow = (to - from) / taps.columns();
        int[] xRows = new int[height.taps() * inRow];
        int[] wRows = new int[xRows.length];
        for (int i = 0; i < xRows.length; i++) {
            int row = i / inRow;
            int column = from + i % inRow;
            xRows[i] = (height.places()[row] * width.in() + width.places()[column]) * channels;
            wRows[i] = (row * width.taps() + column) * channels;
        }
        return new Columns(kernel, new PlainDepthwise(taps), xRows, wRows, inRow);
    }

    @Override
    ConvCall newCall() {
        return new Call();
    }

    private final class Call extends ConvCall {
        private final Pool.Task task = (number, _) -> compute(number);
        private int bands;
        private int shares;

        @Override
        void compute() {
            if (channels == 0) {
                return;
            }
            PlainKernel.awaitFor(shape.operations(), inner.kernel);
            bands = Bands.of(height.count(), width.count() * channels, planes, shape.operations(), pool.workers()).count();
            shares = height.count() > 1 ? 1
                    : Math.clamp((high - low) / LEAST_SHARE, 1,
                            Bands.of(width.count(), channels, planes, shape.operations(), pool.workers()).count());
            pool.run(planes * bands * shares, task);
        }

        /** Some lines of one plane, or a share of a line. */
        private void compute(int number) {
            int share = number % shares;
            int band = number / shares % bands;
            int plane = number / shares / bands;
            int from = new Bands(height.count(), bands).from(band);
            int to = new Bands(height.count(), bands).to(band);
            int first = share == 0 ? 0 : low + (high - low) * share / shares;
            int last = share == shares - 1 ? width.count() : low + (high - low) * (share + 1) / shares;
            if (from < to) {
                for (int line = from, end; line < to; line = end) {
                    end = line + 1;
                    while (end < to && height.from(end) == height.from(line) && height.to(end) == height.to(line)) {
                        end++;
                    }
                    lines(plane, line, end, first, last);
                }
                int pixel = (plane * height.count() + from) * width.count();
                done(pixel + first, pixel + (to - from - 1) * width.count() + last);
            }
        }

        /** Pixels {@code first} to {@code last} of lines that have the same rows of taps. */
        private void lines(int plane, int from, int to, int first, int last) {
            int innerFirst = Math.max(first, low);
            int innerLast = Math.min(last, high);
            run(inner, inner.kernel, plane, from, innerFirst, to - from, xLine(), yLine(), innerLast - innerFirst, width.move() * channels,
                    channels);
            edge(plane, from, to, first, Math.min(low, last), 0);
            edge(plane, from, to, Math.max(high, first), last, high - low);
        }

        /** @param skipped pixels that are not in {@link #edges} before these */
        private void edge(int plane, int from, int to, int first, int last, int skipped) {
            for (int pixel = first, end; pixel < last; pixel = end) {
                end = pixel + 1;
                while (end < last && width.from(end) == width.from(pixel) && width.to(end) == width.to(pixel)) {
                    end++;
                }
                edge(edges[pixel - skipped], plane, from, to, pixel, end);
            }
        }

        /** Neighboring pixels of the same taps of each line; with many lines one by one, as lines are to them what pixels are to others. */
        private void edge(Columns columns, int plane, int from, int to, int first, int last) {
            if (to - from < lines && last - first >= BESIDE) {
                run(columns, beside, plane, from, first, to - from, xLine(), yLine(), last - first, width.move() * channels, channels);
                return;
            }
            Warm<DepthwiseSum> kernel = to - from < lines ? single : several;
            for (int pixel = first; pixel < last; pixel++) {
                run(columns, kernel, plane, from, pixel, 1, 0, 0, to - from, xLine(), yLine());
            }
        }

        private int xLine() {
            return height.move() * width.in() * channels;
        }

        private int yLine() {
            return width.count() * channels;
        }

        private void run(Columns columns, Warm<DepthwiseSum> kernel, int plane, int from, int pixel, int lines, int xLine, int yLine,
                int pixels, int xMove, int yMove) {
            int x = ((plane * height.in() + from * height.move()) * width.in() + pixel * width.move()) * channels;
            int y = ((plane * height.count() + from) * width.count() + pixel) * channels;
            kernel.kernelOr(columns.plain).run(left, leftOffset + x, xLine, xMove, columns.xRows, right, rightOffset, columns.wRows, result,
                    resultOffset + y, yLine, yMove, height.from(from) * columns.inRow, height.to(from) * columns.inRow, lines, pixels,
                    channels);
        }
    }
}
