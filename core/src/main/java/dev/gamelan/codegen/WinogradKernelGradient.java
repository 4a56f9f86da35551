package dev.gamelan.codegen;

import dev.gamelan.codegen.Convolution.PixelsDone;
import dev.gamelan.runtime.Pool;
import org.jspecify.annotations.Nullable;

/**
 * The gradient of a 3 x 3 kernel by minimal filtering, F(3 x 3, 4 x 4): the gradients of a tile of 4 x 4 outputs take the place of the
 * kernel. For each of the 36 points of the transformed tiles it is one matrix product, (channels, tiles) x (tiles, filters), so the sum
 * over all tiles is transformed back only once. Tiles are taken some at a time; how many follows from the extents alone, as the order
 * of additions depends on it.
 */
final class WinogradKernelGradient implements Convolution.Run {
    private static final int POINTS = WinogradKernels.POINTS;
    private static final int SQUARE = POINTS * POINTS;
    private static final int TILE = WinogradKernels.TILE;
    private static final int TAPS = WinogradKernels.TAPS;
    /** Transformed elements that exist at a time: they fit the last-level cache. */
    private static final int CACHED_ELEMENTS = 1 << 20;
    /** Sums of more elements than this come from memory for each share of the tiles. */
    private static final int CACHED_SUMS = 1 << 20;
    /** Tiles are transformed so many at a time by one thread. */
    private static final int TILES_PER_TASK = 16;

    private final ElementType type;
    private final ConvShape shape;
    private final Tile tile;
    private final MicroKernels.Warm product;
    private final PackKernels packing;
    private final WinogradTiles tiles;
    private final WinogradKernels.Warm outputGradient;
    private final WinogradKernels.Warm kernelGradient;
    private final int channels;
    private final int filters;
    /** Channels and filters, filled up to whole tiles of the product. */
    private final int rows;
    private final int columns;
    private final int count;
    private final int share;

    WinogradKernelGradient(Lanes lanes, ElementType type, ConvShape shape) {
        this.type = type;
        this.shape = shape;
        this.tile = Tile.largest(lanes);
        this.product = MicroKernels.warmPanel(type, tile);
        this.packing = PackKernels.of(type, tile);
        this.tiles = new WinogradTiles(lanes, type, shape);
        this.outputGradient = WinogradKernels.OUTPUT_GRADIENT.of(type, lanes);
        this.kernelGradient = WinogradKernels.KERNEL_GRADIENT.of(type, lanes);
        this.channels = shape.channels();
        this.filters = shape.filters();
        this.rows = Math.ceilDiv(channels, tile.rows()) * tile.rows();
        this.columns = Math.ceilDiv(filters, tile.columns()) * tile.columns();
        this.count = tiles.rows() * tiles.across();
        this.share = share(channels, filters, count);
    }

    private static int share(int channels, int filters, int count) {
        int most = Math.max(TILES_PER_TASK, CACHED_ELEMENTS / (SQUARE * (channels + filters)));
        int shares = Math.max(1, Math.ceilDiv(count, most));
        return Math.max(1, Math.ceilDiv(count, shares));
    }

    /** Whether it is faster than the direct sum, by extents alone; costs as in {@link Winograd#pays}. */
    static boolean pays(ElementType type, ConvShape shape) {
        if (!Winograd.fits(type, shape) || Math.min(shape.channels(), shape.filters()) < WinogradKernels.LEAST_CHANNELS
                || shape.pixels() == 0) {
            return false;
        }
        int count = shape.batch() * shape.depth().out() * Math.ceilDiv(shape.height().out(), TILE)
                * Math.ceilDiv(shape.width().out(), TILE);
        boolean cached = (long) SQUARE * shape.channels() * shape.filters() <= CACHED_SUMS;
        int shares = Math.ceilDiv(count, share(shape.channels(), shape.filters(), count));
        double transformed = (double) count * (40 + 700.0 / shape.filters() + 700.0 / shape.channels())
                + (cached ? 500 : 2000 + 2000.0 * shares);
        return transformed < 9.0 * shape.pixels();
    }

    @Override
    public void run(Pool pool, Object x, int xOffset, Object gradient, int gradientOffset, Object result, int resultOffset,
            @Nullable PixelsDone done) {
        product.warmUp().await();
        packing.await(true);
        tiles.await();
        outputGradient.warmUp().await();
        kernelGradient.warmUp().await();
        int sumsPoint = WinogradTiles.apart(rows * columns);
        int leftPoint = WinogradTiles.apart(rows * share);
        int rightPoint = WinogradTiles.apart(share * columns);
        Object sums = Scratch.borrow(type, SQUARE * sumsPoint);
        Object left = Scratch.borrow(type, SQUARE * leftPoint);
        Object right = Scratch.borrow(type, SQUARE * rightPoint);
        for (int from = 0; from < count; from += share) {
            int first = from;
            int taken = Math.min(share, count - from);
            pool.run(Math.ceilDiv(taken, TILES_PER_TASK), (task, _) -> transform(x, xOffset, gradient, gradientOffset, first,
                    task * TILES_PER_TASK, Math.min(taken, (task + 1) * TILES_PER_TASK), taken, left, leftPoint, right, rightPoint));
            pool.run(SQUARE, (point, _) -> multiply(left, point * leftPoint, right, point * rightPoint, sums, point * sumsPoint, taken,
                    first > 0));
        }
        pool.run(channels, (channel, _) -> transformBack(sums, sumsPoint, channel, result, resultOffset));
        Scratch.giveBack(type, sums);
        Scratch.giveBack(type, left);
        Scratch.giveBack(type, right);
    }

    /** Tiles {@code from} to {@code to} after tile {@code first}: inputs to (channels, taken), gradients to panels of (taken, filters). */
    private void transform(Object x, int xOffset, Object gradient, int gradientOffset, int first, int from, int to, int taken, Object left,
            int leftPoint, Object right, int rightPoint) {
        int inputs = to - from;
        int point = WinogradTiles.apart(inputs * channels);
        Object transformed = Scratch.borrow(type, SQUARE * point);
        Object patch = Scratch.borrow(type, SQUARE * Math.max(channels, columns));
        Object scratch = Scratch.borrow(type, WinogradKernels.SCRATCH);
        for (int t = 0; t < inputs; t++) {
            int number = first + from + t;
            tiles.input(x, xOffset, number / tiles.across(), number % tiles.across(), transformed, t * channels, point, patch, scratch);
            gradients(gradient, gradientOffset, number / tiles.across(), number % tiles.across(), from + t, taken, right, rightPoint, patch,
                    scratch);
        }
        for (int p = 0; p < SQUARE; p++) {
            packing.copy(transformed, p * point, 1, channels, left, p * leftPoint + from, taken, channels, inputs);
        }
        Scratch.giveBack(type, transformed);
        Scratch.giveBack(type, patch);
        Scratch.giveBack(type, scratch);
    }

    /** The gradients of one tile, zeros beyond the edges, into row {@code t} of the panels. */
    private void gradients(Object gradient, int gradientOffset, int tileRow, int tileColumn, int t, int taken, Object right, int rightPoint,
            Object patch, Object scratch) {
        int y = tileRow % tiles.down() * TILE;
        int x = tileColumn * TILE;
        int down = Math.min(TILE, shape.height().out() - y);
        int across = Math.min(TILE, shape.width().out() - x);
        int line = shape.width().out() * filters;
        int at = gradientOffset + (tiles.firstPixel(tileRow) + x) * filters;
        boolean whole = down == TILE && across == TILE && columns == filters;
        if (!whole) {
            Scratch.zero(patch, 0, TILE * TILE * columns);
            for (int i = 0; i < down; i++) {
                for (int j = 0; j < across; j++) {
                    System.arraycopy(gradient, at + i * line + j * filters, patch, (i * TILE + j) * columns, filters);
                }
            }
        }
        int width = tile.columns();
        for (int column = 0; column < columns; column += width) {
            outputGradient.transform().run(whole ? gradient : patch, (whole ? at : 0) + column, whole ? line : TILE * columns,
                    whole ? filters : columns, right, column * taken + t * width, POINTS * rightPoint, rightPoint, scratch, width);
        }
    }

    /** One point: (channels, taken) x (taken, filters), added to the sums. */
    private void multiply(Object left, int leftAt, Object right, int rightAt, Object sums, int sumsAt, int taken, boolean accumulate) {
        for (int column = 0; column < columns; column += tile.columns()) {
            for (int row = 0; row < rows; row += tile.rows()) {
                product.kernel().run(left, leftAt + row * taken, taken, right, rightAt + column * taken, 0, sums,
                        sumsAt + row * columns + column, columns, taken, 0, accumulate);
            }
        }
    }

    private void transformBack(Object sums, int sumsPoint, int channel, Object result, int resultOffset) {
        Object scratch = Scratch.borrow(type, WinogradKernels.SCRATCH);
        int tap = channels * filters;
        kernelGradient.transform().run(sums, channel * columns, POINTS * sumsPoint, sumsPoint, result, resultOffset + channel * filters,
                TAPS * tap, tap, scratch, filters);
        Scratch.giveBack(type, scratch);
    }
}
