package dev.gamelan.codegen;

/**
 * A convolution by minimal filtering whose kernel is one line of taps: for each pair of channels a tile of 4 outputs of 3 taps costs 6
 * multiplications instead of 12; longer lines are cut into pieces. Tiles are transformed, multiplied and transformed back some at a time,
 * all in cache, as in {@link Winograd}. How tiles and filters are cut changes no bit of the result.
 */
final class WinogradLines extends ConvPath {
    private final ElementType type;
    private final ConvShape shape;
    private final WinogradPoints points;
    private final Tile tile;
    private final WinogradProduct product;
    private final WinogradLineTiles tiles;
    private final WinogradKernels.Squares input;
    private final WinogradKernels.Squares output;
    private final WinogradKernels.Squares kernel;
    /** What products sum: the channels of all pieces. */
    private final int depth;
    private final int channels;
    private final int filters;
    /** Filters, filled up to whole panels. */
    private final int columns;
    private final boolean isLarge;

    /** @param tiles of the same shape */
    WinogradLines(Lanes lanes, ElementType type, ConvShape shape, WinogradLineTiles tiles) {
        this.type = type;
        this.shape = shape;
        this.points = tiles.points();
        this.tiles = tiles;
        this.depth = tiles.depth();
        this.product = new WinogradProduct(lanes, type, shape.filters(), false);
        this.tile = product.tile();
        this.input = points.input().lineOf(type, lanes);
        this.output = points.results(tiles.side()).lineOf(type, lanes);
        this.kernel = points.factors(tiles.piece()).lineOf(type, lanes);
        this.channels = shape.channels();
        this.filters = shape.filters();
        this.columns = Math.ceilDiv(filters, tile.columns()) * tile.columns();
        this.isLarge = WinogradCut.isLarge(kernelElements());
    }

    private long kernelElements() {
        return (long) points.count() * depth * columns;
    }

    private WinogradCut cut(int workers) {
        // Only whole panels are cut, as a transform takes at least a vector of filters.
        int panels = filters == columns ? columns / tile.columns() : 1;
        return WinogradCut.of(tiles.count(), kernelElements(), points.count() * (depth + columns), panels, tile.rows(), workers);
    }

    @Override
    ConvCall newCall() {
        return new Call();
    }

    private final class Call extends WinogradCall {
        Call() {
            super(type, shape, product,
                    WinogradFilters.ofLine(type, tile, points, tiles.piece(), tiles.along().kernel(), kernel, channels, filters),
                    WinogradLines.this::cut, tiles.isInOrder());
        }

        @Override
        void begin() {
            // Each tile has pixels of its own.
        }

        @Override
        void tell(int from, int to) {
            done(tiles.firstPixel(from), tiles.firstPixel(to));
        }

        @Override
        void block(int from, int to, int columnFrom, int columnTo) {
            int count = to - from;
            int rows = product.rows(count);
            int padded = Math.ceilDiv(count, rows) * rows;
            int width = columnTo - columnFrom;
            int inputPoint = WinogradTiles.apart(padded * depth);
            int outputPoint = WinogradTiles.apart(padded * width);
            Object inputs = Scratch.borrow(type, points.count() * inputPoint);
            Object outputs = Scratch.borrow(type, points.count() * outputPoint);
            Object patch = Scratch.borrow(type, points.count() * Math.max(channels, filters));
            Object scratch = Scratch.borrow(type, WinogradKernels.SCRATCH);
            for (int t = 0; t < count; t++) {
                tiles.input(input.now(), left, leftOffset, from + t, inputs, t * depth, inputPoint, patch, scratch);
            }
            multiply(inputs, inputPoint, outputs, outputPoint, columnFrom, width, count, rows, scratch);
            for (int t = 0; t < count; t++) {
                tiles.output(output.now(), outputs, t * width, outputPoint, result, resultOffset, columnFrom,
                        Math.min(width, filters - columnFrom), from + t, patch, scratch);
            }
            Scratch.giveBack(type, inputs);
            Scratch.giveBack(type, outputs);
            Scratch.giveBack(type, patch);
            Scratch.giveBack(type, scratch);
        }

        /** One product of all tiles for each point, and filters {@code columnFrom} and those behind it. */
        private void multiply(Object inputs, int inputPoint, Object outputs, int outputPoint, int columnFrom, int width, int count,
                int rows, Object scratch) {
            MicroKernel fitting = product.ofRows(rows);
            // A few tiles take so little time for each panel of a large kernel that they wait for memory.
            boolean readsAhead = isLarge && count < WinogradCut.LEAST_TILES;
            int kernelPoint = WinogradTiles.apart(depth * columns);
            for (int point = 0; point < points.count(); point++) {
                for (int column = 0; column < width; column += tile.columns()) {
                    int panelAt = point * kernelPoint + (columnFrom + column) * depth;
                    if (readsAhead) {
                        ReadAhead.read(kernels(), panelAt, panelAt + depth * tile.columns(), scratch);
                    }
                    for (int t = 0; t < count; t += rows) {
                        fitting.run(inputs, point * inputPoint + t * depth, depth, kernels(), panelAt, 0, outputs,
                                point * outputPoint + t * width + column, width, depth, 0);
                    }
                }
            }
        }
    }
}
