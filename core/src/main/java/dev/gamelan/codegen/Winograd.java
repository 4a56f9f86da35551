package dev.gamelan.codegen;

import java.util.concurrent.atomic.AtomicIntegerArray;

/**
 * A convolution by minimal filtering: for each pair of channels, tiles of 4 x 4 outputs of a 3 x 3 kernel cost 36 multiplications
 * instead of 144, and so do tiles of 2 x 2 outputs of a 5 x 5 kernel instead of 100. Tiles are transformed, multiplied and transformed
 * back some at a time, all in cache. Where there are too few tiles to read a large kernel for each part of them, threads
 * share its filters instead. How tiles and filters are cut changes no bit of the result. Errors are a few times those of the direct sum:
 * 1e-5 of the largest result.
 */
final class Winograd extends ConvPath {
    /** Elements of images and results that are more than caches keep: then those of a block are read before they are used. */
    private static final int CACHED_IMAGES = 256 * 1024;

    private final ElementType type;
    private final ConvShape shape;
    private final WinogradPoints points;
    private final int square;
    private final Tile tile;
    private final WinogradProduct product;
    private final WinogradTiles tiles;
    private final WinogradKernels.Squares kernel;
    private final int channels;
    private final int filters;
    /** Filters, filled up to whole panels. */
    private final int columns;
    /** Whether lines of the output belong to tiles here and there. */
    private final boolean dilates;
    /** Whether the transformed kernel comes from memory. */
    private final boolean isLarge;
    /** Whether products may bring the next panel of such a kernel while they multiply. */
    private final boolean canBring;
    /** Whether images and results come from memory and go there, in order. */
    private final boolean passesBy;

    Winograd(Lanes lanes, ElementType type, ConvShape shape, WinogradPoints points) {
        this.type = type;
        this.shape = shape;
        this.points = points;
        this.square = points.square();
        this.product = new WinogradProduct(lanes, type, shape.filters(), false);
        this.tile = product.tile();
        this.tiles = new WinogradTiles(lanes, type, shape, points);
        this.kernel = points.factors(shape.width().kernel()).of(type, lanes);
        this.channels = shape.channels();
        this.filters = shape.filters();
        this.columns = Math.ceilDiv(filters, tile.columns()) * tile.columns();
        this.isLarge = WinogradCut.isLarge(kernelElements());
        this.canBring = isLarge && MicroKernels.canBring(type, tile, channels);
        this.dilates = shape.isDilated();
        this.passesBy = !dilates && (long) shape.inputPixels() * channels + (long) shape.pixels() * filters > CACHED_IMAGES;
    }

    private WinogradCut cut(int workers) {
        // Only whole panels are cut, as a transform takes at least a vector of filters.
        int panels = filters == columns ? columns / tile.columns() : 1;
        return WinogradCut.of(tiles.count(), kernelElements(), square * (channels + columns), panels, tile.rows(), workers);
    }

    private long kernelElements() {
        return (long) square * channels * columns;
    }

    @Override
    ConvCall newCall() {
        return new Call();
    }

    private final class Call extends WinogradCall {
        /** Tiles that are not done, by their row: a row that several blocks share is told about by the last of them. */
        private final AtomicIntegerArray missing = new AtomicIntegerArray(tiles.rows());

        Call() {
            super(type, shape, product,
                    WinogradFilters.ofSquare(type, tile, points, shape.width().kernel(), kernel, channels, filters), Winograd.this::cut,
                    !dilates);
        }

        @Override
        void begin() {
            for (int row = 0; row < tiles.rows(); row++) {
                missing.setPlain(row, tiles.across());
            }
        }

        @Override
        void tell(int from, int to) {
            int across = tiles.across();
            int row = from / across;
            int first = row;
            for (int tile = from; tile < to; row++) {
                int end = Math.min(to, (row + 1) * across);
                if (missing.addAndGet(row, tile - end) > 0) {
                    tellRows(first, row);
                    first = row + 1;
                }
                tile = end;
            }
            tellRows(first, row);
        }

        private void tellRows(int from, int to) {
            if (from < to) {
                done(tiles.firstPixel(from), tiles.firstPixel(to));
            }
        }

        @Override
        void block(int from, int to, int columnFrom, int columnTo) {
            int count = to - from;
            int rows = product.rows(count);
            int padded = Math.ceilDiv(count, rows) * rows;
            int width = columnTo - columnFrom;
            // Lines that two threads brought would be taken from one by the other.
            boolean brings = canBring && cut().blocks() == 1 && padded <= MicroKernels.MOST_BRINGING * rows;
            int apart = brings ? MicroKernels.aheadRow(channels) : channels;
            int inputPoint = WinogradTiles.apart(padded * apart);
            int outputPoint = WinogradTiles.apart(padded * width);
            Object inputs = Scratch.borrow(type, square * inputPoint);
            Object outputs = Scratch.borrow(type, square * outputPoint);
            Object patch = Scratch.borrow(type, square * Math.max(channels, filters));
            Object scratch = Scratch.borrow(type, WinogradKernels.SCRATCH);
            if (passesBy) {
                ReadAhead.read(left, leftOffset + tiles.firstInput(from), leftOffset + tiles.lastInput(to), scratch);
            }
            for (int t = 0; t < count; t++) {
                tiles.input(left, leftOffset, from + t, inputs, t * apart, inputPoint, patch, scratch);
            }
            multiply(inputs, inputPoint, apart, outputs, outputPoint, columnFrom, width, count, rows, brings, scratch);
            if (passesBy) {
                ReadAhead.read(result, resultOffset + tiles.firstPixel(from / tiles.across()) * filters,
                        resultOffset + tiles.firstPixel(Math.ceilDiv(to, tiles.across())) * filters, scratch);
            }
            for (int t = 0; t < count; t++) {
                tiles.output(outputs, t * width, outputPoint, result, resultOffset, columnFrom, Math.min(width, filters - columnFrom),
                        from + t, patch, scratch);
            }
            Scratch.giveBack(type, inputs);
            Scratch.giveBack(type, outputs);
            Scratch.giveBack(type, patch);
            Scratch.giveBack(type, scratch);
        }

        /** One product of all tiles for each point, and filters {@code columnFrom} and those behind it. */
        private void multiply(Object inputs, int inputPoint, int apart, Object outputs, int outputPoint, int columnFrom, int width,
                int count,
                int rows, boolean brings, Object scratch) {
            int times = Math.ceilDiv(count, rows);
            MicroKernel bringing = brings ? product.bringing(rows, channels) : null;
            MicroKernel fitting = bringing == null ? product.ofRows(rows) : bringing;
            // A few tiles take so little time for each panel of a large kernel that they wait for memory.
            boolean readsAhead = bringing == null && isLarge && (brings || count < WinogradCut.LEAST_TILES);
            int panel = channels * tile.columns();
            int kernelPoint = WinogradTiles.apart(channels * columns);
            for (int point = 0; point < square; point++) {
                for (int column = 0; column < width; column += tile.columns()) {
                    int panelAt = point * kernelPoint + (columnFrom + column) * channels;
                    if (readsAhead) {
                        ReadAhead.read(kernels(), panelAt, panelAt + panel, scratch);
                    }
                    int next = column + tile.columns() < width ? panel
                            : point + 1 < square ? kernelPoint - (width - tile.columns()) * channels : 0;
                    // What each step brings of what is multiplied next: together all of it, or nearly.
                    int brought = next == 0 ? 0 : MicroKernels.broughtAtOnce(tile, times);
                    for (int t = 0; t < times; t++) {
                        fitting.run(inputs, point * inputPoint + t * rows * apart, apart, kernels(), panelAt, next + t * channels * brought,
                                outputs, point * outputPoint + t * rows * width + column, width, channels, brought);
                    }
                }
            }
        }
    }
}
