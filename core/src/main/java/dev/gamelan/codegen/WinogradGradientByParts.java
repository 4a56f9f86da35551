package dev.gamelan.codegen;

import dev.gamelan.runtime.Pool;

/**
 * The gradient of a large kernel by minimal filtering, as {@link WinogradKernelGradient} computes it, but part by part: a task has all
 * tiles for some channels and filters, so few that their sums at all points stay in its second-level cache until they are transformed back.
 * Tiles are transformed again for each part, which costs less than sums that pass through memory. How channels and filters are cut changes
 * no bit of the result, and how tiles are follows from their number.
 */
final class WinogradGradientByParts extends ConvPath {
    private static final WinogradPoints POINTS = WinogradPoints.SIX;
    private static final int SQUARE = POINTS.square();
    /** Channels of a part: a multiple of the rows of all tiles of the product. */
    private static final int CHANNELS = 48;
    /** Filters of a part: a multiple of the columns of these. */
    private static final int FILTERS = 64;
    /** Columns of the widest panel. */
    private static final int PANEL = 32;
    /** Pairs of channels. */
    private static final int LEAST_KERNEL = 128 * 128;
    /** Tiles that are transformed at a time, at most. */
    private static final int MOST_TILES = 32;

    private final ElementType type;
    private final ConvShape shape;
    private final Tile tile;
    private final Products first;
    /** Add to those of the first block; the same where there is one block alone. */
    private final Products others;
    private final WinogradKernels.Squares input;
    private final WinogradKernels.Squares gradient;
    private final WinogradKernels.Squares back;
    private final int taps;
    /** Outputs on one axis of a tile. */
    private final int side;
    private final int across;
    private final int down;
    private final int tiles;
    /** Tiles that are transformed at a time. */
    private final int block;
    private final int channelParts;
    private final int filterParts;

    /** A kernel, and what does the same until it is ready. */
    private record Products(Warm<DirectTile> kernel, DirectTile plain) {

        static Products of(ElementType type, Tile tile, boolean add) {
            return new Products(DirectTile.of(type, tile, 1, add), new PlainTile(tile.rows(), tile.columns(), 1, false, add));
        }

        DirectTile tile() {
            return kernel.kernelOr(plain);
        }
    }

    WinogradGradientByParts(Lanes lanes, ElementType type, ConvShape shape) {
        this.type = type;
        this.shape = shape;
        this.tile = Tile.fitting(lanes, shape.filters());
        this.taps = shape.width().kernel();
        this.side = POINTS.side(taps);
        this.input = POINTS.input().of(type, lanes);
        this.gradient = POINTS.factors(side).of(type, lanes);
        this.back = POINTS.results(taps).of(type, lanes);
        this.across = Math.ceilDiv(shape.width().out(), side);
        this.down = Math.ceilDiv(shape.height().out(), side);
        this.tiles = WinogradTiles.count(POINTS, shape);
        this.block = Math.ceilDiv(tiles, Math.max(1, Math.ceilDiv(tiles, MOST_TILES)));
        this.first = Products.of(type, tile, false);
        this.others = block < tiles ? Products.of(type, tile, true) : first;
        this.channelParts = Math.ceilDiv(shape.channels(), CHANNELS);
        this.filterParts = Math.ceilDiv(shape.filters(), FILTERS);
    }

    /**
     * Whether it is faster than the direct sum, by extents alone, in multiply-adds for each pair of channels, and kernels are so large that
     * there are parts enough to share. Fitted to measurements.
     */
    static boolean pays(ElementType type, ConvShape shape) {
        if (!WinogradChoice.fits(type, shape) || shape.isDilated() || shape.pixels() == 0 || shape.filters() % PANEL != 0
                || Math.min(shape.channels(), shape.filters()) < FILTERS || shape.channels() * shape.filters() < LEAST_KERNEL) {
            return false;
        }
        double tile = 85 + 2200.0 / shape.channels() + 2200.0 / shape.filters();
        return WinogradTiles.count(POINTS, shape) * tile + 300 < 1.1 * shape.taps() * shape.pixels();
    }

    private int firstChannel(int part) {
        if (part == channelParts) {
            return shape.channels();
        }
        // A transform takes at least a vector of channels.
        return Math.clamp(part * CHANNELS, 0, shape.channels() - WinogradKernels.LEAST_CHANNELS);
    }

    @Override
    ConvCall newCall() {
        return new Call();
    }

    private final class Call extends ConvCall {
        private final Pool.Task partTask = (task, _) -> part(task % channelParts, task / channelParts);

        @Override
        void compute() {
            PlainKernel.awaitFor(shape.operations(), type, first.kernel());
            pool.run(channelParts * filterParts, partTask);
        }

        private void part(int channelPart, int filterPart) {
            int channel = firstChannel(channelPart);
            int channels = firstChannel(channelPart + 1) - channel;
            int filter = filterPart * FILTERS;
            int filters = Math.min(FILTERS, shape.filters() - filter);
            int rows = Math.ceilDiv(channels, tile.rows()) * tile.rows();
            int inputPoint = WinogradTiles.apart(block * channels);
            int gradientPoint = WinogradTiles.apart(block * filters);
            int sumPoint = WinogradTiles.apart(rows * filters);
            // The last rows of the product read beyond the last channel.
            Object inputs = Scratch.borrow(type, SQUARE * inputPoint + tile.rows());
            Object gradients = Scratch.borrow(type, SQUARE * gradientPoint);
            Object sums = Scratch.borrow(type, SQUARE * sumPoint);
            Object patch = Scratch.borrow(type, SQUARE * Math.max(channels, filters));
            Object scratch = Scratch.borrow(type, WinogradKernels.SCRATCH);
            int[] places = new int[block];
            for (int t = 0; t < block; t++) {
                places[t] = t * channels;
            }
            for (int from = 0; from < tiles; from += block) {
                int count = Math.min(block, tiles - from);
                for (int t = 0; t < count; t++) {
                    transform(from + t, channel, channels, inputs, t * channels, inputPoint, patch, scratch);
                    transformGradient(from + t, filter, filters, gradients, t * filters, gradientPoint, patch, scratch);
                }
                for (int point = 0; point < SQUARE; point++) {
                    for (int column = 0; column < filters; column += tile.columns()) {
                        for (int row = 0; row < rows; row += tile.rows()) {
                            (from == 0 ? first : others).tile().run(inputs, point * inputPoint + row, places, gradients,
                                    point * gradientPoint + column, filters, sums, point * sumPoint + row * filters + column, filters,
                                    count);
                        }
                    }
                }
            }
            int tap = shape.channels() * shape.filters();
            for (int c = 0; c < channels; c++) {
                back.now().run(sums, c * filters, POINTS.count() * sumPoint, sumPoint, result,
                        resultOffset + (channel + c) * shape.filters() + filter, taps * tap, tap, scratch, filters);
            }
            Scratch.giveBack(type, inputs);
            Scratch.giveBack(type, gradients);
            Scratch.giveBack(type, sums);
            Scratch.giveBack(type, patch);
            Scratch.giveBack(type, scratch);
        }

        private void transform(int number, int channel, int count, Object to, int at, int point, Object patch, Object scratch) {
            int y = number / across % down * side - shape.height().pad();
            int x = number % across * side - shape.width().pad();
            int height = shape.height().in();
            int width = shape.width().in();
            int plane = leftOffset + number / across / down * height * width * shape.channels();
            WinogradTiles.square(input.now(), POINTS.count(), left, plane + channel, height, width, shape.channels(), y, x, to, at,
                    POINTS.count() * point, point, patch, scratch, count);
        }

        private void transformGradient(int number, int filter, int count, Object to, int at, int point, Object patch, Object scratch) {
            int y = number / across % down * side;
            int x = number % across * side;
            int height = shape.height().out();
            int width = shape.width().out();
            int plane = rightOffset + number / across / down * height * width * shape.filters();
            WinogradTiles.square(gradient.now(), side, right, plane + filter, height, width, shape.filters(), y, x, to, at,
                    POINTS.count() * point, point, patch, scratch, count);
        }
    }
}
