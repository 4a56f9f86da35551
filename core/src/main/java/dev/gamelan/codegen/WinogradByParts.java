package dev.gamelan.codegen;

import dev.gamelan.runtime.Pool;

/**
 * Minimal filtering by a large kernel for few tiles. What {@link Winograd} transforms once and reads for each block comes from memory here,
 * two or four times as many numbers as the kernel has. So a part of the kernel, some channels of some filters, is transformed in cache each
 * time and multiplied with all tiles of a block at once.
 *
 * <p>Threads share filters, and tiles where there are many. How they are cut changes no bit of the result, as channels are always cut alike.
 */
final class WinogradByParts extends ConvPath {
    /** Transformed elements of a part: with the sums of its filters they stay in a second-level cache. */
    private static final int CACHED_PART = 144 * 1024;
    /** Transformed sums of a block for the filters of a part. */
    private static final int CACHED_SUMS = 96 * 1024;
    private static final int LEAST_CHANNELS = 32;
    /** Filters are taken so many at a time: a multiple of the columns of all panels. */
    private static final int FILTERS = 32;
    private static final int MOST_FILTERS = 64;
    /** Tiles of a block, at most. */
    private static final int MOST_TILES = 96;
    /** Channels of a part are a multiple, as many as are transposed at a time. */
    private static final int CHANNELS = 16;

    private final ElementType type;
    private final ConvShape shape;
    private final KernelParts parts;
    private final WinogradPoints points;
    private final int square;
    private final WinogradProduct product;
    private final WinogradTiles tiles;
    private final WinogradKernels.Squares kernel;
    private final int taps;
    private final int channels;
    private final int filters;
    private final int panel;
    private final int blocks;
    /** Filters of a part, but for the last ones. */
    private final int width;
    /** Channels of a part. */
    private final int depth;
    /** Parts of the filters. */
    private final int groups;

    /** @param flips whether the kernel is that of the convolution whose input's gradient this is */
    WinogradByParts(Lanes lanes, ElementType type, ConvShape shape, WinogradPoints points, boolean flips) {
        this.type = type;
        this.shape = shape;
        this.points = points;
        this.square = points.square();
        this.product = new WinogradProduct(lanes, type, shape.filters(), true);
        PackKernels packing = PackKernels.of(type, product.tile());
        this.parts = flips ? KernelParts.flipped(shape.transposed(), packing) : KernelParts.of(shape, packing);
        this.tiles = new WinogradTiles(lanes, type, shape, points);
        this.taps = shape.width().kernel();
        this.kernel = points.factors(taps).of(type, lanes);
        this.channels = shape.channels();
        this.filters = shape.filters();
        this.panel = product.tile().columns();
        this.blocks = Math.max(1, blocks(points, shape));
        int block = Math.max(1, Math.ceilDiv(tiles.count(), blocks));
        int most = Math.clamp(CACHED_SUMS / (square * block), FILTERS, MOST_FILTERS);
        this.width = Math.min(filters, most / FILTERS * FILTERS);
        this.groups = Math.ceilDiv(filters, width);
        int cuts = Math.ceilDiv(channels, Math.max(LEAST_CHANNELS, CACHED_PART / (square * width) / CHANNELS * CHANNELS));
        this.depth = Math.min(channels, Math.ceilDiv(Math.ceilDiv(channels, cuts), CHANNELS) * CHANNELS);
    }

    /** Whether filters fill whole panels of all machines. */
    static boolean fits(ConvShape shape) {
        return shape.filters() % FILTERS == 0;
    }

    /** How often the kernel is transformed, part by part. */
    static int blocks(WinogradPoints points, ConvShape shape) {
        return Math.ceilDiv(WinogradTiles.count(points, shape), MOST_TILES);
    }

    @Override
    ConvCall newCall() {
        return new Call();
    }

    private final class Call extends ConvCall {
        private final Pool.Task shareTask = (task, _) -> share(task);
        private int shares;

        @Override
        void compute() {
            product.awaitFor(shape.operations());
            if (tiles.count() > 0) {
                shares = Math.clamp(Math.ceilDiv(pool.workers(), blocks), 1, groups);
                pool.run(blocks * shares, shareTask);
            }
            allDone(shape.pixels());
        }

        /** The tiles of one block and some groups of filters. */
        private void share(int task) {
            int number = task / shares;
            int share = task % shares;
            int from = (int) ((long) tiles.count() * number / blocks);
            int count = (int) ((long) tiles.count() * (number + 1) / blocks) - from;
            int rows = product.rows(count);
            int padded = Math.ceilDiv(count, rows) * rows;
            int inputPoint = WinogradTiles.apart(padded * channels);
            Object inputs = Scratch.borrow(type, square * inputPoint);
            Object patch = Scratch.borrow(type, square * Math.max(channels, filters));
            Object scratch = Scratch.borrow(type, WinogradKernels.SCRATCH);
            Object sums = Scratch.borrow(type, square * WinogradTiles.apart(padded * width));
            Object plain = Scratch.borrow(type, taps * taps * depth * width);
            Object part = Scratch.borrow(type, square * WinogradTiles.apart(depth * width));
            for (int t = 0; t < count; t++) {
                tiles.input(left, leftOffset, from + t, inputs, t * channels, inputPoint, patch, scratch);
            }
            for (int group = groups * share / shares; group < groups * (share + 1) / shares; group++) {
                int first = group * width;
                int taken = Math.min(width, filters - first);
                for (int channel = 0; channel < channels; channel += depth) {
                    int some = Math.min(depth, channels - channel);
                    transform(channel, some, first, taken, plain, part, scratch);
                    multiply(inputs, inputPoint, channel, some, part, sums, taken, rows, padded);
                }
                int sumPoint = WinogradTiles.apart(padded * taken);
                for (int t = 0; t < count; t++) {
                    tiles.output(sums, t * taken, sumPoint, result, resultOffset, first, taken, from + t, patch, scratch);
                }
            }
            Scratch.giveBack(type, inputs);
            Scratch.giveBack(type, patch);
            Scratch.giveBack(type, scratch);
            Scratch.giveBack(type, sums);
            Scratch.giveBack(type, plain);
            Scratch.giveBack(type, part);
        }

        /** Some channels of some filters: one panel after another, at each point. */
        private void transform(int channel, int count, int first, int taken, Object plain, Object part, Object scratch) {
            int elements = count * taken;
            for (int at = 0; at < taken; at += panel) {
                for (int tap = 0; tap < taps * taps; tap++) {
                    parts.copy(right, rightOffset, tap, channel, count, first + at, panel, plain, tap * elements + at * count, panel);
                }
            }
            int point = WinogradTiles.apart(elements);
            kernel.now().run(plain, 0, taps * elements, elements, part, 0, points.count() * point, point, scratch, elements);
        }

        /** Adds the products of some channels of all tiles to their sums. */
        private void multiply(Object inputs, int inputPoint, int channel, int count, Object part, Object sums, int taken,
                int rows, int padded) {
            MicroKernel fitting = channel > 0 ? product.addingRows(rows) : product.ofRows(rows);
            int partPoint = WinogradTiles.apart(count * taken);
            int sumPoint = WinogradTiles.apart(padded * taken);
            for (int point = 0; point < square; point++) {
                for (int at = 0; at < taken; at += panel) {
                    for (int t = 0; t < padded; t += rows) {
                        fitting.run(inputs, point * inputPoint + t * channels + channel, channels, part, point * partPoint + at * count, 0,
                                sums, point * sumPoint + t * taken + at, taken, count, 0);
                    }
                }
            }
        }
    }
}
