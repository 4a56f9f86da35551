package dev.gamelan.codegen;

import dev.gamelan.codegen.ConvShape.Axis;
import dev.gamelan.runtime.Pool;

/**
 * The gradient of a kernel by minimal filtering, F(3 x 3, 4 x 4) or F(5 x 5, 2 x 2): the gradients of a tile of outputs take the place of
 * the kernel. For each of the 36 points of the transformed tiles it is one matrix product, (channels, tiles) x (tiles, filters), so the
 * sum over all tiles is transformed back only once.
 *
 * <p>A task has some tiles, some filters and, where this gives too few tasks, some rows of points. It transforms and multiplies a block
 * of tiles at a time, two rows of points after each other, so that its sums and all that is transformed stay in a second-level cache: what one thread
 * transforms and another multiplies passes between their caches, slowly on some machines. How tiles are cut follows from the extents
 * alone, as the order of additions depends on it.
 */
final class WinogradKernelGradient extends ConvPath {
    private static final int POINTS = WinogradPoints.SIX.count();
    private static final int SQUARE = POINTS * POINTS;
    /** Rows of points at a time. */
    private static final int ROWS = WinogradKernels.ROWS;
    /** Elements of padded images, or of all sums, that stay in the last-level cache. */
    private static final int CACHED_IMAGES = 1 << 20;
    /** Transformed elements of a block. */
    private static final int CACHED_BLOCK = 1 << 17;
    private static final int LEAST_BLOCK = 12;
    /** Sums of a task. */
    private static final int CACHED_SUMS = 160 * 1024;
    private static final int TASKS = 8;
    /** Filters are taken so many at a time: a multiple of the columns of all tiles. */
    private static final int PANEL = 32;
    /** Tiles that are worth sums of their own. */
    private static final int SHARE_TILES = 128;

    private final ElementType type;
    /** Planes as images, tiles of outputs filled up. */
    private final ConvShape shape;
    private final ConvShape given;
    private final PaddedImages images;
    private final int side;
    private final Tile tile;
    private final Warm<DirectTile> product;
    private final DirectTile plain;
    private final WinogradKernels.Rows input;
    private final WinogradKernels.Rows gradient;
    private final WinogradKernels.Squares back;
    private final Object inputRows;
    private final Object gradientRows;
    private final int channels;
    private final int filters;
    /** Channels, filled up to whole tiles of the product. */
    private final int rows;
    /** Filters of a task. */
    private final int columns;
    private final int groups;
    private final int shares;
    /** Rows of points of a task, at most. */
    private final int pointRows;
    private final int block;
    private final int imagesAtOnce;
    /** Where the channels of each tile of a block begin. */
    private final int[] places;

    WinogradKernelGradient(Lanes lanes, ElementType type, ConvShape given) {
        this.type = type;
        this.given = given;
        this.side = side(given);
        this.channels = given.channels();
        this.filters = given.filters();
        this.tile = Tile.fitting(lanes, filters);
        this.rows = Math.ceilDiv(channels, tile.rows()) * tile.rows();
        int panel = filters <= PANEL / 2 ? PANEL / 2 : PANEL;
        int panels = Math.ceilDiv(filters, panel);
        this.groups = Math.ceilDiv(panels, Math.clamp(CACHED_SUMS / (SQUARE * channels * panel), 1, panels));
        this.columns = Math.ceilDiv(panels, groups) * panel;
        this.shape = new ConvShape(given.batch() * given.depth().out(), channels, groups * columns, 1, new Axis(1, 1, 1, 1, 0, 1),
                filledUp(given.height()), filledUp(given.width()));
        this.images = new PaddedImages(shape);
        this.product = DirectTile.of(type, tile, 1, true);
        this.plain = new PlainTile(tile.rows(), tile.columns(), 1, false, true);
        this.input = WinogradPoints.SIX.input().rowsOf(type, lanes);
        this.gradient = WinogradPoints.SIX.factors(side).rowsOf(type, lanes);
        this.back = WinogradPoints.SIX.results(given.width().kernel()).of(type, lanes);
        this.inputRows = WinogradPoints.SIX.input().elements(type);
        this.gradientRows = WinogradPoints.SIX.factors(side).elements(type);
        this.shares = Math.clamp(tiles(given) / SHARE_TILES, 1, Math.max(1, TASKS / groups));
        this.pointRows = Math.max(ROWS, POINTS * shares * groups / TASKS / ROWS * ROWS);
        this.block = Math.max(LEAST_BLOCK, CACHED_BLOCK / (ROWS * POINTS * (channels + columns)));
        this.places = new int[block];
        for (int t = 0; t < block; t++) {
            places[t] = t * channels;
        }
        this.imagesAtOnce = Math.clamp(CACHED_IMAGES / Math.max(1, images.image()), 1, Math.max(1, shape.batch()));
    }

    private static int side(ConvShape shape) {
        return WinogradPoints.SIX.side(shape.width().kernel());
    }

    private static int tiles(ConvShape shape) {
        return WinogradTiles.count(WinogradPoints.SIX, shape);
    }

    private Axis filledUp(Axis axis) {
        return new Axis(axis.in(), axis.kernel(), Math.ceilDiv(axis.out(), side) * side, 1, axis.pad(), 1);
    }

    /**
     * Whether it is faster than the direct sum, by extents alone, in the terms of {@link WinogradChoice}: each transform is begun anew
     * for each row of points, and sums that do not stay in cache come from memory.
     */
    static boolean pays(ElementType type, ConvShape shape) {
        if (!WinogradChoice.fits(type, shape) || shape.isDilated() || shape.pixels() == 0) {
            return false;
        }
        int side = side(shape);
        double tile = 60 + 600.0 / shape.channels() + (100 + 65.0 * side * side) / shape.filters();
        boolean cached = (long) SQUARE * shape.channels() * shape.filters() <= CACHED_IMAGES;
        return tiles(shape) * tile + (cached ? 500 : 4500) < (double) shape.taps() * shape.pixels();
    }

    @Override
    ConvCall newCall() {
        return new Call();
    }

    private final class Call extends ConvCall {
        private final Pool.Task copyTask = (image, _) -> copy(image);
        private final Pool.Task sumTask = (task, _) -> sum(task);
        private final Pool.Task backTask = (channel, _) -> transformBack(channel);
        private final int sumsPoint = WinogradTiles.apart(rows * columns);
        private final boolean isWhole = shape.filters() == filters && shape.pixels() == given.pixels();
        private Object sums = this;
        private Object padded = this;
        /** The gradients of outputs, filled up to whole tiles. */
        private Object gradients = this;
        private int gradientsAt;
        /** The images that are summed now. */
        private int first;
        private int count;

        @Override
        void compute() {
            PlainKernel.awaitFor(given.operations(), type, product);
            sums = Scratch.borrow(type, shares * groups * SQUARE * sumsPoint);
            padded = Scratch.borrow(type, imagesAtOnce * images.image());
            int pixels = shape.imagePixels();
            gradients = isWhole ? right : Scratch.borrow(type, imagesAtOnce * pixels * shape.filters());
            for (first = 0; first < shape.batch(); first += imagesAtOnce) {
                count = Math.min(imagesAtOnce, shape.batch() - first);
                gradientsAt = isWhole ? rightOffset + first * pixels * filters : 0;
                pool.run(count, copyTask);
                pool.run(Math.ceilDiv(POINTS, pointRows) * groups * shares, sumTask);
            }
            pool.run(channels, backTask);
            Scratch.giveBack(type, sums);
            Scratch.giveBack(type, padded);
            if (!isWhole) {
                Scratch.giveBack(type, gradients);
            }
            sums = this;
            padded = this;
            gradients = this;
        }

        private void copy(int image) {
            images.copy(left, leftOffset, first + image, 0, images.lines(), padded, image * images.image());
            if (!isWhole) {
                fill(first + image, image * shape.imagePixels() * shape.filters());
            }
        }

        /** The gradients of one image, with zeros for the outputs and filters that are not there. */
        private void fill(int image, int to) {
            int line = shape.width().out() * shape.filters();
            for (int h = 0; h < shape.height().out(); h++) {
                Scratch.zero(gradients, to + h * line, to + (h + 1) * line);
                for (int w = 0; w < given.width().out() && h < given.height().out(); w++) {
                    int pixel = (image * given.height().out() + h) * given.width().out() + w;
                    System.arraycopy(right, rightOffset + pixel * filters, gradients, to + h * line + w * shape.filters(), filters);
                }
            }
        }

        /** Some rows of points, the filters of one group, and the tiles of one share. */
        private void sum(int task) {
            int part = task / groups / shares;
            int group = task % groups;
            int share = task / groups % shares;
            int rowFrom = part * pointRows;
            int rowTo = Math.min(POINTS, rowFrom + pointRows);
            int sumsAt = (share * groups + group) * SQUARE * sumsPoint;
            if (first == 0) {
                Scratch.zero(sums, sumsAt + rowFrom * POINTS * sumsPoint, sumsAt + rowTo * POINTS * sumsPoint);
            }
            int leftPoint = WinogradTiles.apart(block * channels);
            int rightPoint = WinogradTiles.apart(block * columns);
            Object inputs = Scratch.borrow(type, ROWS * POINTS * leftPoint);
            Object outputs = Scratch.borrow(type, ROWS * POINTS * rightPoint);
            Object scratch = Scratch.borrow(type, WinogradKernels.SCRATCH);
            int tiles = count * (shape.imagePixels() / (side * side));
            int end = (int) ((long) tiles * (share + 1) / shares);
            for (int from = (int) ((long) tiles * share / shares); from < end; from += block) {
                int taken = Math.min(block, end - from);
                for (int row = rowFrom; row < rowTo; row += ROWS) {
                    for (int t = 0; t < taken; t++) {
                        transform(group * columns, from + t, row, inputs, t * channels, leftPoint, outputs, t * columns,
                                rightPoint, scratch);
                    }
                    for (int point = 0; point < ROWS * POINTS; point++) {
                        multiply(inputs, point * leftPoint, outputs, point * rightPoint, sumsAt + (row * POINTS + point) * sumsPoint,
                                taken);
                    }
                }
            }
            Scratch.giveBack(type, inputs);
            Scratch.giveBack(type, outputs);
            Scratch.giveBack(type, scratch);
        }

        /** Two rows of points of one tile. */
        private void transform(int filter, int number, int row, Object inputs, int inputsAt, int inputPoint, Object outputs,
                int outputsAt, int outputPoint, Object scratch) {
            int across = shape.width().out() / side;
            int down = shape.height().out() / side;
            int image = number / across / down;
            int h = number / across % down * side;
            int w = number % across * side;
            input.now().run(padded, image * images.image() + images.start(0, h, w), images.line(), channels, inputRows, row * POINTS,
                    inputs,
                    inputsAt, inputPoint, scratch, channels);
            int pixel = (image * shape.height().out() + h) * shape.width().out() + w;
            gradient.now().run(gradients, gradientsAt + filter + pixel * shape.filters(), shape.width().out() * shape.filters(),
                    shape.filters(), gradientRows,
                    row * side, outputs, outputsAt, outputPoint, scratch, columns);
        }

        /** One point: (taken, channels) transposed x (taken, columns), added to the sums. */
        private void multiply(Object inputs, int inputsAt, Object outputs, int outputsAt, int sumsAt, int taken) {
            for (int column = 0; column < columns; column += tile.columns()) {
                for (int row = 0; row < rows; row += tile.rows()) {
                    product.kernelOr(plain).run(inputs, inputsAt + row, places, outputs, outputsAt + column, columns, sums,
                            sumsAt + row * columns + column,
                            columns, taken);
                }
            }
        }

        private void transformBack(int channel) {
            Object scratch = Scratch.borrow(type, WinogradKernels.SCRATCH);
            int taps = shape.width().kernel();
            Object kernel = Scratch.borrow(type, taps * taps * columns);
            for (int group = 0; group < groups; group++) {
                int at = group * SQUARE * sumsPoint + channel * columns;
                for (int share = 1; share < shares; share++) {
                    for (int point = 0; point < SQUARE; point++) {
                        Scratch.add(sums, (share * groups * SQUARE + point) * sumsPoint + at, point * sumsPoint + at, columns);
                    }
                }
                int count = Math.min(columns, filters - group * columns);
                int to = resultOffset + channel * filters + group * columns;
                int tap = channels * filters;
                if (count == columns) {
                    back.now().run(sums, at, POINTS * sumsPoint, sumsPoint, result, to, taps * tap, tap, scratch, columns);
                } else {
                    back.now().run(sums, at, POINTS * sumsPoint, sumsPoint, kernel, 0, taps * columns, columns, scratch, columns);
                    for (int i = 0; i < taps * taps && count > 0; i++) {
                        System.arraycopy(kernel, i * columns, result, to + i * tap, count);
                    }
                }
            }
            Scratch.giveBack(type, scratch);
            Scratch.giveBack(type, kernel);
        }
    }
}
