package dev.gamelan.codegen;

import dev.gamelan.codegen.Convolution.PixelsDone;
import dev.gamelan.ir.Derived;
import dev.gamelan.runtime.Pool;
import org.jspecify.annotations.Nullable;

/**
 * A convolution by minimal filtering: for each pair of channels, tiles of 4 x 4 outputs of a 3 x 3 kernel cost 36 multiplications
 * instead of 144, and so do tiles of 2 x 2 outputs of a 5 x 5 kernel instead of 100. Tiles are transformed, multiplied and transformed back some rows of tiles at a time, all in cache; how they are cut
 * changes no bit of the result. Errors are a few times those of the direct sum: 1e-5 of the largest result.
 */
final class Winograd implements Convolution.Run {
    private static final int POINTS = WinogradKernels.POINTS;
    private static final int SQUARE = POINTS * POINTS;
    /** The largest kernel: one whose tiles have more than one output. */
    private static final int MOST_TAPS = POINTS - 1;
    /** Transformed elements that a block should leave in the second-level cache. */
    private static final int CACHED_ELEMENTS = 192 * 1024;
    /** A transformed kernel larger than this comes from memory for each block, which then should have at least so many tiles. */
    private static final int CACHED_KERNEL = 512 * 1024;
    private static final int LEAST_TILES = 48;
    /** Channels of the kernel that a thread transforms at a time. */
    private static final int LEAST_SHARE = 8;

    /** What a transformed kernel follows from. */
    private record Key(Lanes lanes, int channels, int filters, int offset) {
    }

    private final ElementType type;
    private final ConvShape shape;
    private final Tile tile;
    private final Warm<MicroKernel> product;
    private final WinogradTiles tiles;
    private final Warm<WinogradKernels.Transform> kernel;
    private final Warm<WinogradKernels.Transform> output;
    /** Taps on one axis of the kernel. */
    private final int taps;
    private final int channels;
    private final int filters;
    /** Filters, filled up to whole panels. */
    private final int columns;

    Winograd(Lanes lanes, ElementType type, ConvShape shape) {
        this.type = type;
        this.shape = shape;
        this.tile = Tile.fitting(lanes, shape.filters());
        this.product = MicroKernels.warmPanel(type, tile);
        this.tiles = new WinogradTiles(lanes, type, shape);
        this.taps = shape.width().kernel();
        this.kernel = WinogradKernels.factors(taps).of(type, lanes);
        this.output = WinogradKernels.results(tiles.side()).of(type, lanes);
        this.channels = shape.channels();
        this.filters = shape.filters();
        this.columns = Math.ceilDiv(filters, tile.columns()) * tile.columns();
    }

    /** Whether a convolution can be done in this way at all. */
    static boolean fits(ElementType type, ConvShape shape) {
        return type == ElementType.FLOAT && shape.groups() == 1 && shape.depth().isPlain() && hasFewTaps(shape.height())
                && hasFewTaps(shape.width()) && shape.height().kernel() == shape.width().kernel();
    }

    private static boolean hasFewTaps(ConvShape.Axis axis) {
        return axis.kernel() > 1 && axis.kernel() <= MOST_TAPS && axis.stride() == 1 && axis.dilation() == 1;
    }

    /**
     * Whether it is faster than the direct sum, by extents alone. Costs are in multiply-adds for each pair of channels, fitted to
     * measurements: one for each tap and pixel of a direct sum; for each tile 36 and the transforms of inputs and outputs, which pairs share; and
     * the transform of the kernel, which costs most where it does not stay in cache.
     */
    static boolean pays(ElementType type, ConvShape shape) {
        if (!fits(type, shape) || Math.min(shape.channels(), shape.filters()) < WinogradKernels.LEAST_CHANNELS) {
            return false;
        }
        boolean cached = (long) SQUARE * shape.channels() * shape.filters() <= 2 * CACHED_KERNEL;
        double transformed = WinogradTiles.count(shape) * (38 + 600.0 / shape.filters() + 600.0 / shape.channels()) + (cached ? 500 : 4000);
        return transformed < (double) shape.taps() * shape.pixels();
    }

    @Override
    public void run(Pool pool, Object left, int leftOffset, Object right, int rightOffset, Object result, int resultOffset,
            @Nullable PixelsDone done, @Nullable Derived derived) {
        product.await();
        tiles.await();
        kernel.await();
        output.await();
        int elements = SQUARE * WinogradTiles.apart(channels * columns);
        Object kept = derived == null ? null : derived.get(new Key(tile.lanes(), channels, filters, rightOffset), earlier -> {
            Object transformed = earlier == null ? type.newArray(elements) : earlier;
            transformKernel(pool, right, rightOffset, transformed);
            return transformed;
        });
        Object kernels = kept == null ? Scratch.borrow(type, elements) : kept;
        if (kept == null) {
            transformKernel(pool, right, rightOffset, kernels);
        }
        int rows = rowsOfBlock(pool.workers());
        pool.run(Math.ceilDiv(tiles.rows(), rows), (block, _) -> {
            int from = block * rows;
            int to = Math.min(tiles.rows(), from + rows);
            block(left, leftOffset, kernels, result, resultOffset, from, to);
            if (done != null) {
                done.pixels(tiles.firstPixel(from), tiles.firstPixel(to));
            }
        });
        if (kept == null) {
            Scratch.giveBack(type, kernels);
        }
    }

    private void transformKernel(Pool pool, Object weights, int offset, Object kernels) {
        int share = Math.max(LEAST_SHARE, Math.ceilDiv(channels, 4 * pool.workers()));
        pool.run(Math.ceilDiv(channels, share), (task, _) -> transformKernel(weights, offset, task * share,
                Math.min(channels, (task + 1) * share), kernels));
    }

    private int rowsOfBlock(int workers) {
        int wanted = CACHED_ELEMENTS / (SQUARE * (channels + columns));
        if ((long) SQUARE * channels * columns > CACHED_KERNEL) {
            wanted = Math.max(wanted, LEAST_TILES);
        }
        int rows = Math.max(1, wanted / tiles.across());
        int blocks = Math.ceilDiv(Math.ceilDiv(tiles.rows(), rows), workers) * workers;
        return Math.ceilDiv(tiles.rows(), blocks);
    }

    private void transformKernel(Object weights, int offset, int from, int to, Object kernels) {
        Object scratch = Scratch.borrow(type, WinogradKernels.SCRATCH);
        Object patch = Scratch.borrow(type, taps * taps * tile.columns());
        for (int channel = from; channel < to; channel++) {
            transformKernel(weights, offset, channel, kernels, patch, scratch);
        }
        Scratch.giveBack(type, patch);
        Scratch.giveBack(type, scratch);
    }

    /** All filters of one channel, into panels. */
    private void transformKernel(Object weights, int offset, int channel, Object kernels, Object patch, Object scratch) {
        int tap = channels * filters;
        int width = tile.columns();
        for (int filter = 0; filter < filters; filter += width) {
            int from = offset + channel * filters + filter;
            int to = filter * channels + channel * width;
            int count = Math.min(width, filters - filter);
            boolean whole = count == width;
            for (int i = 0; i < taps * taps && !whole; i++) {
                System.arraycopy(weights, from + i * tap, patch, i * width, count);
                Scratch.zero(patch, i * width + count, (i + 1) * width);
            }
            kernel.kernel().run(whole ? weights : patch, whole ? from : 0, taps * (whole ? tap : width), whole ? tap : width, kernels,
                    to,
                    POINTS * WinogradTiles.apart(channels * columns), WinogradTiles.apart(channels * columns), scratch, width);
        }
    }

    private void block(Object image, int imageOffset, Object kernels, Object result, int resultOffset, int rowFrom, int rowTo) {
        int count = (rowTo - rowFrom) * tiles.across();
        int padded = Math.ceilDiv(count, tile.rows()) * tile.rows();
        int inputPoint = WinogradTiles.apart(padded * channels);
        int outputPoint = WinogradTiles.apart(padded * columns);
        Object inputs = Scratch.borrow(type, SQUARE * inputPoint);
        Object outputs = Scratch.borrow(type, SQUARE * outputPoint);
        Object patch = Scratch.borrow(type, SQUARE * Math.max(channels, filters));
        Object scratch = Scratch.borrow(type, WinogradKernels.SCRATCH);
        for (int t = 0; t < count; t++) {
            tiles.input(image, imageOffset, rowFrom + t / tiles.across(), t % tiles.across(), inputs, t * channels, inputPoint, patch,
                    scratch);
        }
        for (int point = 0; point < SQUARE; point++) {
            multiply(inputs, point * inputPoint, kernels, point * WinogradTiles.apart(channels * columns), outputs, point * outputPoint,
                    padded);
        }
        for (int t = 0; t < count; t++) {
            transformOutput(outputs, t * columns, outputPoint, result, resultOffset, rowFrom + t / tiles.across(), t % tiles.across(),
                    patch,
                    scratch);
        }
        Scratch.giveBack(type, inputs);
        Scratch.giveBack(type, outputs);
        Scratch.giveBack(type, patch);
        Scratch.giveBack(type, scratch);
    }

    /** One point of all tiles: (tiles, channels) x (channels, columns). */
    private void multiply(Object inputs, int inputsAt, Object kernels, int kernelsAt, Object outputs, int outputsAt, int count) {
        for (int column = 0; column < columns; column += tile.columns()) {
            for (int t = 0; t < count; t += tile.rows()) {
                product.kernel().run(inputs, inputsAt + t * channels, channels, kernels, kernelsAt + column * channels, 0, outputs,
                        outputsAt + t * columns + column, columns, channels, 0, false);
            }
        }
    }

    private void transformOutput(Object outputs, int outputsAt, int point, Object result, int resultOffset, int tileRow, int tileColumn,
            Object patch, Object scratch) {
        int side = tiles.side();
        int y = tileRow % tiles.down() * side;
        int x = tileColumn * side;
        int down = Math.min(side, shape.height().out() - y);
        int across = Math.min(side, shape.width().out() - x);
        int line = shape.width().out() * filters;
        int at = resultOffset + tiles.firstPixel(tileRow) * filters + x * filters;
        if (down == side && across == side) {
            output.kernel().run(outputs, outputsAt, POINTS * point, point, result, at, line, filters, scratch, filters);
        } else {
            output.kernel().run(outputs, outputsAt, POINTS * point, point, patch, 0, side * filters, filters, scratch, filters);
            for (int i = 0; i < down; i++) {
                System.arraycopy(patch, i * side * filters, result, at + i * line, across * filters);
            }
        }
    }
}
