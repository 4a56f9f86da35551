package dev.gamelan.codegen;

import dev.gamelan.runtime.Pool;

/**
 * The gradient of a kernel as a sum over pixels of outer products: elements under the kernel, which are read in place, times the
 * pixel's gradients. A tile of the gradient stays in registers while some lines of an image pass.
 *
 * <p>Small gradients are dealt by pixels: each task has sums of its own, which are added in the end, and copies the lines that it needs
 * with their padding itself, so they are in its cache. Large ones are dealt by their elements, and all tasks read the same copies of
 * some images. Shares and their order follow from the extents alone.
 */
final class DirectKernelGradient extends ConvPath {
    /** Elements of padded images that exist at a time. */
    private static final int CACHED_ELEMENTS = 1 << 20;
    private static final int CACHED_GRADIENT = 1 << 19;
    /** Elements of a gradient up to which each task has sums of its own. */
    private static final int SMALL_GRADIENT = 12 * 1024;
    private static final int MOST_SHARES = 16;
    /** Pixels that a share should have at least. */
    private static final int SHARE_PIXELS = 2048;
    private static final int TASKS_PER_WORKER = 4;

    private final ElementType type;
    private final ConvShape shape;
    private final PaddedImages images;
    private final Tile tile;
    private final Warm<DirectTile> kernel;
    private final DirectTile plain;
    private final PackKernels packing;
    /** Elements of a window that lie one after another in image and gradient. */
    private final int run;
    /** Elements of a run in a tile. */
    private final int span;
    private final int tilesPerRun;
    /** Whether vectors hold elements under the kernel, not filters. */
    private final boolean turned;
    /** Where each tile of rows begins in a window. */
    private final int[] starts;
    private final int columns;
    private final int imagesAtOnce;
    private final PixelBlocks blocks;
    /** Where the windows of a block's pixels begin, from that of its first. */
    private final int[] places;
    private final int shares;
    /** Whether tasks copy the lines that they need themselves. */
    private final boolean apart;

    DirectKernelGradient(Lanes lanes, ElementType type, ConvShape shape) {
        this.type = type;
        this.shape = shape;
        this.images = new PaddedImages(shape);
        boolean wholeRows = shape.width().dilation() == 1;
        this.run = wholeRows ? shape.width().kernel() * shape.channels() : shape.channels();
        this.turned = isTurned(lanes, shape, run);
        this.tile = turned ? turnedTile(lanes, run) : tile(lanes, shape, run);
        this.packing = PackKernels.of(type, Tile.largest(lanes));
        this.kernel = turned ? DirectTile.placedRight(type, tile, true) : DirectTile.of(type, tile, 1, true);
        this.plain = new PlainTile(tile.rows(), tile.columns(), 1, turned, true);
        this.span = turned ? tile.columns() : tile.rows();
        this.tilesPerRun = Math.ceilDiv(run, span);
        this.starts = starts(wholeRows ? 1 : shape.width().kernel());
        this.columns = turned ? shape.filters() : Math.ceilDiv(shape.filters(), tile.columns()) * tile.columns();
        this.imagesAtOnce = Math.clamp(CACHED_ELEMENTS / Math.max(1, images.image()), 1, Math.max(1, shape.batch()));
        this.blocks = PixelBlocks.of(shape, imagesAtOnce);
        this.places = new int[blocks.most()];
        for (int i = 0; i < places.length; i++) {
            places[i] = blocks.hasImages() ? place(i) : images.start(0, i / blocks.columns(), i % blocks.columns());
        }
        boolean small = shape.patch() * shape.filters() <= SMALL_GRADIENT;
        this.shares = small ? Math.clamp(shape.pixels() / SHARE_PIXELS, 1, MOST_SHARES) : 1;
        this.apart = shares > 1 && (blocks.hasImages() || shape.depth().kernel() == 1);
    }

    private static Tile tile(Lanes lanes, ConvShape shape, int run) {
        Tile largest = Tile.fitting(lanes, shape.filters());
        int loose = largest.loose().rows();
        // Tiles of fewer rows are faster, unless a quarter of them would lie beyond the run.
        int most = 4 * loose * Math.ceilDiv(run, loose) <= 5 * run ? loose : largest.rows();
        int pieces = Math.max(1, Math.ceilDiv(run, most));
        return new Tile(lanes, pieces > 2 ? most : Math.ceilDiv(Math.max(1, run), pieces), largest.vectors());
    }

    /** Filters that fill no more than a vector, and whole vectors of elements under the kernel: each vector is used more often. */
    private static boolean isTurned(Lanes lanes, ConvShape shape, int run) {
        return lanes.isVector() && shape.filters() <= lanes.count() && shape.filters() % turnedRows(lanes) == 0 && run % lanes.count() == 0
                && run >= 2 * lanes.count();
    }

    /** Filters of a tile with up to three vectors. */
    private static int turnedRows(Lanes lanes) {
        return Tile.largest(lanes).rows() * 2 / 3;
    }

    private static Tile turnedTile(Lanes lanes, int run) {
        Tile wide = new Tile(lanes, turnedRows(lanes), 3);
        int vectors = run / lanes.count() % 3 == 0 && wide.fits() ? 3 : run / lanes.count() % 2 == 0 ? 2 : 1;
        return new Tile(lanes, turnedRows(lanes), vectors);
    }

    /** Where the window of a pixel begins, counted through all images. */
    private int place(int pixel) {
        int w = pixel % shape.width().out();
        int h = pixel / shape.width().out() % shape.height().out();
        int d = pixel % shape.imagePixels() / shape.width().out() / shape.height().out();
        return pixel / shape.imagePixels() * images.image() + images.start(d, h, w);
    }

    private int[] starts(int runsPerRow) {
        int height = shape.height().kernel();
        int[] result = new int[shape.depth().kernel() * height * runsPerRow * tilesPerRun];
        for (int t = 0; t < result.length; t++) {
            int number = t / tilesPerRun;
            result[t] = images.tap(number / runsPerRow / height, number / runsPerRow % height, number % runsPerRow)
                    + t % tilesPerRun * span;
        }
        return result;
    }

    /** Whether it is faster than the product of transposed patches, by extents alone: large gradients do not stay in cache. */
    static boolean pays(ConvShape shape) {
        return shape.groups() == 1 && !shape.isPointwise() && (long) shape.patch() * shape.filters() <= CACHED_GRADIENT;
    }

    /** Lines under the windows of {@code lines} lines. */
    private int reach(int lines) {
        return (lines - 1) * shape.height().stride() + (shape.height().kernel() - 1) * shape.height().dilation() + 1;
    }

    /** Elements of the lines of a block. */
    private int blockElements() {
        return blocks.hasImages() ? blocks.images() * images.image() : reach(blocks.lines()) * images.line();
    }

    @Override
    ConvCall newCall() {
        return new Call();
    }

    private final class Call extends ConvCall {
        private final Pool.Task shareTask = (share, _) -> share(share);
        private final Pool.Task copyTask = (image, _) -> copy(image);
        private final Pool.Task sumTask = (task, _) -> sum(task);
        private final Pool.Task collectTask = (number, _) -> collect(number);
        private final int sumsOfShare = starts.length * span * columns;
        private final boolean filled = columns == shape.filters();
        private Object sums = this;
        private Object padded = this;
        private Object gradient = this;
        private int gradientAt;
        /** Tiles of rows of a task. */
        private int perGroup;
        /** The images that are summed now. */
        private int first;
        private int count;

        @Override
        void compute() {
            int elements = shape.patch() * shape.filters();
            if (shape.pixels() == 0 || elements == 0) {
                Scratch.zero(result, resultOffset, resultOffset + elements);
                return;
            }
            PlainKernel.awaitFor(shape.operations(), type, kernel);
            sums = Scratch.borrow(type, shares * sumsOfShare);
            if (apart) {
                pool.run(shares, shareTask);
            } else {
                sumTogether();
            }
            pool.run(starts.length, collectTask);
            Scratch.giveBack(type, sums);
            sums = this;
        }

        /** Some images after the others, their tiles dealt to tasks. */
        private void sumTogether() {
            padded = Scratch.borrow(type, imagesAtOnce * images.image() + tile.rows());
            gradient = filled ? right : Scratch.borrow(type, imagesAtOnce * shape.imagePixels() * columns);
            int groups = Math.min(starts.length, Math.ceilDiv(TASKS_PER_WORKER * pool.workers(), shares));
            perGroup = Math.ceilDiv(starts.length, groups);
            for (first = 0; first < shape.batch(); first += imagesAtOnce) {
                count = Math.min(imagesAtOnce, shape.batch() - first);
                gradientAt = filled ? rightOffset + first * shape.imagePixels() * columns : 0;
                pool.run(count, copyTask);
                pool.run(shares * Math.ceilDiv(starts.length, perGroup), sumTask);
            }
            Scratch.giveBack(type, padded);
            if (!filled) {
                Scratch.giveBack(type, gradient);
            }
            padded = this;
            gradient = this;
        }

        /** The blocks of one share, each copied before it is summed. */
        private void share(int share) {
            Scratch.zero(sums, share * sumsOfShare, (share + 1) * sumsOfShare);
            Object lines = Scratch.borrow(type, blockElements() + tile.rows());
            Object outer = filled ? right : Scratch.borrow(type, blocks.most() * columns);
            int all = blocks.count(shape.batch());
            for (int number = (int) ((long) all * share / shares); number < (int) ((long) all * (share + 1) / shares); number++) {
                int pixel = blocks.first(number);
                int pixels = blocks.size(number, shape.batch());
                copyBlock(pixel, pixels, lines);
                if (!filled) {
                    fill(pixel, pixels, outer, 0);
                }
                int from = blocks.hasImages() ? 0 : images.start(0, 0, pixel % shape.width().out());
                multiply(lines, from, outer, filled ? rightOffset + pixel * columns : 0, pixels, 0, starts.length, share * sumsOfShare);
            }
            Scratch.giveBack(type, lines);
            if (!filled) {
                Scratch.giveBack(type, outer);
            }
        }

        /** The lines under the windows of a block's pixels. */
        private void copyBlock(int pixel, int pixels, Object lines) {
            if (blocks.hasImages()) {
                for (int i = 0; i < pixels / shape.imagePixels(); i++) {
                    images.copy(left, leftOffset, pixel / shape.imagePixels() + i, 0, images.lines(), lines, i * images.image());
                }
            } else {
                int line = pixel / shape.width().out();
                int number = line / shape.height().out();
                int from = images.start(number % shape.depth().out(), line % shape.height().out(), 0) / images.line();
                int to = from + reach(Math.ceilDiv(pixels, blocks.columns()));
                images.copy(left, leftOffset, number / shape.depth().out(), from, to, lines, 0);
            }
        }

        private void copy(int image) {
            images.copy(left, leftOffset, first + image, 0, images.lines(), padded, image * images.image());
            if (!filled) {
                fill((first + image) * shape.imagePixels(), shape.imagePixels(), gradient, image * shape.imagePixels() * columns);
            }
        }

        private void sum(int task) {
            int share = task % shares;
            int tileFrom = task / shares * perGroup;
            int tileTo = Math.min(starts.length, tileFrom + perGroup);
            int at = share * sumsOfShare;
            if (first == 0) {
                Scratch.zero(sums, at + tileFrom * span * columns, at + tileTo * span * columns);
            }
            int all = blocks.count(count);
            for (int number = (int) ((long) all * share / shares); number < (int) ((long) all * (share + 1) / shares); number++) {
                int pixel = blocks.first(number);
                multiply(padded, place(pixel), gradient, gradientAt + pixel * columns, blocks.size(number, count), tileFrom, tileTo, at);
            }
        }

        /** The gradients of some pixels, with zeros after the last filter of each. */
        private void fill(int first, int pixels, Object outer, int to) {
            for (int pixel = 0; pixel < pixels; pixel++) {
                System.arraycopy(right, rightOffset + (first + pixel) * shape.filters(), outer, to + pixel * columns, shape.filters());
                Scratch.zero(outer, to + pixel * columns + shape.filters(), to + (pixel + 1) * columns);
            }
        }

        /** Adds the products of one block of pixels to some tiles of rows. */
        private void multiply(Object lines, int from, Object outer, int outerAt, int pixels, int tileFrom, int tileTo, int sumsAt) {
            for (int filter = 0; filter < columns && turned; filter += tile.rows()) {
                for (int t = tileFrom; t < tileTo; t++) {
                    kernel.kernelOr(plain).run(outer, outerAt + filter, places, lines, from + starts[t], columns, sums,
                            sumsAt + t * span * columns + filter * span, span, pixels);
                }
            }
            for (int column = 0; column < columns && !turned; column += tile.columns()) {
                for (int t = tileFrom; t < tileTo; t++) {
                    kernel.kernelOr(plain).run(lines, from + starts[t], places, outer, outerAt + column, columns, sums,
                            sumsAt + t * tile.rows() * columns + column, columns, pixels);
                }
            }
        }

        /** Adds the sums of all shares for one tile of rows, and puts them into the result. */
        private void collect(int number) {
            int row = number % tilesPerRun * span;
            int rows = Math.min(span, run - row);
            int at = number * span * columns;
            for (int share = 1; share < shares; share++) {
                Scratch.add(sums, share * sumsOfShare + at, at, span * columns);
            }
            int to = resultOffset + (number / tilesPerRun * run + row) * shape.filters();
            if (turned) {
                packing.copy(sums, at, 1, span, result, to, shape.filters(), span, columns);
            }
            for (int r = 0; r < rows && !turned; r++) {
                System.arraycopy(sums, at + r * columns, result, to + r * shape.filters(), shape.filters());
            }
        }
    }
}
