package dev.gamelan.codegen;

import dev.gamelan.codegen.ConvShape.Axis;
import dev.gamelan.codegen.DepthwiseSum.Taps;
import dev.gamelan.runtime.Pool;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * Convolutions of each channel by itself or in small groups, and the gradients of their inputs. Both are sums over taps of an image with padding: every
 * result of a convolution over all taps; every {@code stride}-th result of a gradient over the same few of them, so that a kernel
 * works on a row of results with its weights in registers.
 */
final class Depthwise extends ConvPath {
    private final ElementType type;
    private final ConvShape shape;
    private final Spread spread;
    /** Of results. */
    private final int channels;
    private final boolean isGradient;
    private final Side depth;
    private final Side height;
    private final Side width;
    private final PaddedImages images;
    /** What to do for a line, by the phases of its axes. */
    private final Phase[] phases;
    /** Whether windows lie in one plane; else tasks have whole images. */
    private final boolean flat;

    /**
     * One axis of the results.
     *
     * @param count of results
     * @param step from one result to the next of the same phase
     * @param move what this is on the padded axis
     * @param shift of results against phases
     * @param taps by phase: those that results have
     * @param offsets by phase: how far behind its base each tap is on the padded axis
     * @param furthest of all offsets
     * @param padded the axis of the operand, as of a convolution that reaches as far
     */
    private record Side(int count, int step, int move, int shift, int[][] taps, int[][] offsets, int furthest, Axis padded) {
        private static Side of(int count, int step, int move, int shift, int[][] taps, int[][] offsets, Axis padded) {
            int furthest = Arrays.stream(offsets).flatMapToInt(Arrays::stream).max().orElse(0);
            return new Side(count, step, move, shift, taps, offsets, furthest, padded);
        }

        static Side ofOutput(Axis axis) {
            int[] taps = new int[axis.kernel()];
            int[] offsets = new int[axis.kernel()];
            for (int k = 0; k < taps.length; k++) {
                taps[k] = k;
                offsets[k] = k * axis.dilation();
            }
            return of(axis.out(), 1, axis.stride(), 0, new int[][] {taps}, new int[][] {offsets}, axis);
        }

        /** Input i gets from output o through tap k if i + pad = o * stride + k * dilation; its phase is the rest of the left side. */
        static Side ofInput(Axis axis) {
            int stride = axis.stride();
            int low = (axis.kernel() - 1) * axis.dilation() / stride;
            int[][] taps = new int[stride][];
            int[][] offsets = new int[stride][];
            for (int phase = 0; phase < stride; phase++) {
                int rest = phase;
                taps[phase] = IntStream.range(0, axis.kernel())
                        .filter(k -> Math.floorMod(rest - k * axis.dilation(), stride) == 0).toArray();
                offsets[phase] = Arrays.stream(taps[phase]).map(k -> Math.floorDiv(rest - k * axis.dilation(), stride) + low).toArray();
            }
            int first = Math.floorDiv(axis.pad(), stride);
            int last = Math.floorDiv(Math.max(0, axis.in() - 1) + axis.pad(), stride);
            Axis padded = new Axis(axis.out(), 1, last - first + low + 1, 1, low - first, 1);
            return of(axis.in(), stride, 1, Math.floorMod(axis.pad(), stride), taps, offsets, padded);
        }

        int phases() {
            return taps.length;
        }

        int phase(int result) {
            return (result + shift) % step;
        }

        /** Where its taps begin on the padded axis. */
        int base(int result) {
            return (result + shift) / step * move;
        }

        /** The first result of a phase. */
        int first(int phase) {
            return Math.floorMod(phase - shift, step);
        }

        /** Results of a phase. */
        int results(int phase) {
            return Math.max(0, Math.ceilDiv(count - first(phase), step));
        }

        /** The end of what results from {@code from} to {@code to} need of the padded axis. */
        int end(int to) {
            return base(to - 1) + furthest + 1;
        }
    }

    /** Results that sum over the same taps. */
    private record Phase(Warm<DepthwiseSum> kernel, DepthwiseSum plain, int[] xRows, int[] wRows) {
    }

    private Depthwise(Lanes lanes, ElementType type, ConvShape shape, boolean isGradient, Side depth, Side height, Side width) {
        this.type = type;
        this.shape = shape;
        this.isGradient = isGradient;
        this.channels = isGradient ? shape.channels() : shape.filters();
        int groupResults = isGradient ? shape.groupChannels() : shape.groupFilters();
        int groupOperands = isGradient ? shape.groupFilters() : shape.groupChannels();
        this.spread = shape.isDepthwise() ? Spread.none(channels) : Spread.of(lanes.count(), channels, groupResults, groupOperands);
        this.depth = depth;
        this.height = height;
        this.width = width;
        int operands = shape.groups() * groupOperands;
        this.images = new PaddedImages(new ConvShape(shape.batch(), operands, operands, operands, depth.padded(), height.padded(),
                width.padded()), spread.pixel());
        this.phases = new Phase[depth.phases() * height.phases() * width.phases()];
        for (int i = 0; i < phases.length; i++) {
            phases[i] = phase(lanes, i / width.phases() / height.phases(), i / width.phases() % height.phases(), i % width.phases());
        }
        this.flat = shape.depth().kernel() == 1;
    }

    /** (x, w) -> y. */
    static Convolution.Run forward(Lanes lanes, ElementType type, ConvShape shape) {
        return new Depthwise(lanes, type, shape, false, Side.ofOutput(shape.depth()), Side.ofOutput(shape.height()),
                Side.ofOutput(shape.width()));
    }

    /** (gy, w) -> gradient of x. */
    static Convolution.Run inputGradient(Lanes lanes, ElementType type, ConvShape shape) {
        return new Depthwise(lanes, type, shape, true, Side.ofInput(shape.depth()), Side.ofInput(shape.height()),
                Side.ofInput(shape.width()));
    }

    private Phase phase(Lanes lanes, int d, int h, int w) {
        int[] planes = depth.taps()[d];
        int[] rows = height.taps()[h];
        int[] columns = width.taps()[w];
        int[] offsets = width.offsets()[w];
        int move = width.move() * spread.pixel();
        Taps together = columns.length < 2 ? Taps.APART
                : new Taps(columns.length, move, (offsets[1] - offsets[0]) * spread.pixel(), (columns[1] - columns[0]) * channels);
        boolean shares = spread.sums() == 1 && together.areShared() && !DepthwiseKernels.isMasked(lanes, spread.lanes());
        Taps taps = shares ? together : Taps.APART;
        int inRow = columns.length * spread.sums() / taps.columns();
        int count = planes.length * rows.length * inRow;
        int[] xRows = new int[count];
        int[] wRows = new int[count];
        for (int t = 0; t < count; t++) {
            int i = t / inRow / rows.length;
            int j = t / inRow % rows.length;
            int k = t % inRow / spread.sums();
            int sum = t % inRow % spread.sums();
            xRows[t] = depth.offsets()[d][i] * images.plane() + height.offsets()[h][j] * images.line() + offsets[k] * spread.pixel()
                    + sum * spread.lanes();
            wRows[t] = ((planes[i] * shape.height().kernel() + rows[j]) * shape.width().kernel() + columns[k]) * spread.sums() * channels
                    + sum * channels;
        }
        int pixels = DepthwiseSum.pixelsAtATime(lanes, spread.lanes(), taps, Math.max(1, width.results(w)));
        return new Phase(DepthwiseSum.of(type, lanes, spread.lanes(), taps, pixels), new PlainDepthwise(taps), xRows, wRows);
    }

    @Override
    ConvCall newCall() {
        return new Call();
    }

    private final class Call extends ConvCall {
        private final Pool.Task bandTask = (task, _) -> band(task);
        private int planes;
        private int bands;
        private Object weights = this;
        private int weightsAt;

        @Override
        void compute() {
            if (channels == 0) {
                return;
            }
            for (Phase phase : phases) {
                PlainKernel.awaitFor(shape.operations(), phase.kernel());
            }
            planes = flat ? depth.count() : 1;
            bands = flat
                    ? Bands.of(height.count(), width.count() * channels, shape.batch() * planes, shape.operations(), pool.workers()).count()
                    : 1;
            boolean turns = isGradient && !shape.isDepthwise();
            weights = turns ? turned() : right;
            weightsAt = turns ? 0 : rightOffset;
            pool.run(shape.batch() * planes * bands, bandTask);
            if (turns) {
                Scratch.giveBack(type, weights);
            }
            weights = this;
        }

        /** The kernel (taps, channels of a group, filters) as (taps, filters of a group, channels). */
        private Object turned() {
            Object turned = Scratch.borrow(type, shape.taps() * shape.groupFilters() * channels);
            for (int tap = 0; tap < shape.taps(); tap++) {
                for (int i = 0; i < shape.groupChannels() * shape.filters(); i++) {
                    int filter = i % shape.filters();
                    int channel = filter / shape.groupFilters() * shape.groupChannels() + i / shape.filters();
                    int to = (tap * shape.groupFilters() + filter % shape.groupFilters()) * channels + channel;
                    int from = rightOffset + tap * shape.groupChannels() * shape.filters() + i;
                    if (turned instanceof float[] floats) {
                        floats[to] = ((float[]) right)[from];
                    } else {
                        ((double[]) turned)[to] = ((double[]) right)[from];
                    }
                }
            }
            return turned;
        }

        private void band(int task) {
            int band = task % bands;
            int image = task / bands / planes;
            int plane = task / bands % planes;
            int from = new Bands(height.count(), bands).from(band);
            int to = new Bands(height.count(), bands).to(band);
            int planeTo = flat ? plane + 1 : depth.count();
            int first = (image * depth.count() + plane) * height.count() + from;
            int last = first + (planeTo - plane - 1) * height.count() + to - from;
            if (first < last && width.count() > 0) {
                band(image, plane, planeTo, from, to);
                done(first * width.count(), last * width.count());
            }
        }

        /** Some lines of some planes of one image. */
        private void band(int image, int planeFrom, int planeTo, int from, int to) {
            int firstLine = flat ? depth.base(planeFrom) * (images.plane() / images.line()) + height.base(from) : 0;
            int lastLine = flat ? firstLine - height.base(from) + height.end(to) : images.lines();
            Object padded = Scratch.borrow(type, (lastLine - firstLine) * images.line());
            for (int block = 0; block < spread.blocks(); block++) {
                images.copy(left, leftOffset, image, firstLine, lastLine, spread.sources()[block], padded, 0);
                for (int d = planeFrom; d < planeTo; d++) {
                    for (int h = from; h < Math.min(to, from + height.step()); h++) {
                        int at = depth.base(d) * images.plane() + height.base(h) * images.line() - firstLine * images.line();
                        int number = ((image * depth.count() + d) * height.count() + h) * width.count();
                        lines(padded, at, resultOffset + number * channels, depth.phase(d) * height.phases() + height.phase(h),
                                Math.ceilDiv(to - h, height.step()), block);
                    }
                }
            }
            Scratch.giveBack(type, padded);
        }

        /** Lines of the same phase. */
        private void lines(Object padded, int at, int resultAt, int linePhase, int lines, int block) {
            int start = spread.starts()[block];
            for (int p = 0; p < width.phases(); p++) {
                int first = width.first(p);
                int count = width.results(p);
                Phase phase = phases[linePhase * width.phases() + p];
                if (count > 0) {
                    phase.kernel().kernelOr(phase.plain()).run(padded, at + width.base(first) * spread.pixel(),
                            height.move() * images.line(),
                            width.move() * spread.pixel(), phase.xRows(), weights, weightsAt + start, phase.wRows(), result,
                            resultAt + first * channels + start, height.step() * width.count() * channels, width.step() * channels, 0,
                            phase.xRows().length, lines, count, spread.lanes());
                }
            }
        }
    }
}
