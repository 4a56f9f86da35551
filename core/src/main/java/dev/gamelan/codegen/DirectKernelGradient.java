package dev.gamelan.codegen;

import dev.gamelan.runtime.Pool;

/**
 * The gradient of a kernel as a sum over pixels of outer products: elements under the kernel, which are read in place, times the
 * pixel's gradients. A tile of the gradient stays in registers while some lines of an image pass.
 *
 * <p>Images are copied with their padding, some at a time. Where there are few tiles, the lines are dealt to several shares with
 * sums of their own, which are added in the end. Shares and their order follow from the extents alone.
 */
final class DirectKernelGradient extends ConvPath {
    /** Elements of padded images that exist at a time. */
    private static final int CACHED_ELEMENTS = 1 << 20;
    private static final int CACHED_GRADIENT = 1 << 19;
    /** Pixels in one call of the kernel: their gradients stay in the first-level cache. */
    private static final int BLOCK_PIXELS = 512;
    /** Elements of gradients that are enough work for many threads: of one gradient, or of those of several shares. */
    private static final int LEAST_ELEMENTS = 24 * 1024;
    private static final int MOST_SHARES = 16;
    /** Pixels that a share should have at least. */
    private static final int SHARE_PIXELS = 2048;
    private static final int TASKS_PER_WORKER = 4;

    private final ElementType type;
    private final ConvShape shape;
    private final PaddedImages images;
    private final Tile tile;
    private final Warm<DirectTile> kernel;
    /** Elements of a window that lie one after another in image and gradient. */
    private final int run;
    private final int tilesPerRun;
    /** Where each tile of rows begins in a window. */
    private final int[] starts;
    private final int columns;
    private final int imagesAtOnce;
    private final Block block;
    /** Where the windows of a block's pixels begin, from that of its first. */
    private final int[] places;
    private final int shares;

    /** The pixels of one call: some images, or else some lines of one, or else a part of a line. */
    private record Block(int images, int lines, int columns) {
        static Block of(ConvShape shape, int most) {
            int width = shape.width().out();
            if (shape.pixels() == 0) {
                return new Block(1, 0, 0);
            }
            if (shape.imagePixels() <= BLOCK_PIXELS / 2) {
                return new Block(Math.clamp(BLOCK_PIXELS / shape.imagePixels(), 1, most), shape.depth().out() * shape.height().out(),
                        width);
            }
            return new Block(1, Math.clamp(BLOCK_PIXELS / width, 1, shape.height().out()), Math.min(width, BLOCK_PIXELS));
        }

        int pixels() {
            return images * lines * columns;
        }
    }

    DirectKernelGradient(Lanes lanes, ElementType type, ConvShape shape) {
        this.type = type;
        this.shape = shape;
        this.images = new PaddedImages(shape);
        boolean wholeRows = shape.width().dilation() == 1;
        this.run = wholeRows ? shape.width().kernel() * shape.channels() : shape.channels();
        Tile largest = Tile.fitting(lanes, shape.filters());
        int pieces = Math.max(1, Math.ceilDiv(run, largest.rows()));
        int rows = pieces > 2 ? largest.rows() : Math.ceilDiv(Math.max(1, run), pieces);
        this.tile = new Tile(lanes, rows, largest.vectors());
        this.kernel = DirectTile.of(type, tile, 1);
        this.tilesPerRun = Math.ceilDiv(run, rows);
        this.starts = starts(wholeRows ? 1 : shape.width().kernel());
        this.columns = Math.ceilDiv(shape.filters(), tile.columns()) * tile.columns();
        this.imagesAtOnce = Math.clamp(CACHED_ELEMENTS / Math.max(1, images.image()), 1, Math.max(1, shape.batch()));
        this.block = Block.of(shape, imagesAtOnce);
        this.places = new int[block.pixels()];
        for (int i = 0; i < places.length; i++) {
            places[i] = block.images() > 1 ? place(i) : images.start(0, i / block.columns(), i % block.columns());
        }
        int wanted = Math.ceilDiv(LEAST_ELEMENTS, Math.max(1, shape.patch() * shape.filters()));
        this.shares = Math.clamp(Math.min(wanted, shape.pixels() / SHARE_PIXELS), 1, MOST_SHARES);
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
                    + t % tilesPerRun * tile.rows();
        }
        return result;
    }

    /** Whether it is faster than the product of transposed patches, by extents alone: large gradients do not stay in cache. */
    static boolean pays(ConvShape shape) {
        return shape.groups() == 1 && !shape.isPointwise() && (long) shape.patch() * shape.filters() <= CACHED_GRADIENT;
    }

    private int blocks(int count) {
        return block.images() > 1 ? Math.ceilDiv(count, block.images())
                : count * shape.depth().out() * Math.ceilDiv(shape.height().out(), block.lines())
                        * Math.ceilDiv(shape.width().out(), block.columns());
    }

    @Override
    ConvCall newCall() {
        return new Call();
    }

    private final class Call extends ConvCall {
        private final Pool.Task copyTask = (image, _) -> copy(image);
        private final Pool.Task sumTask = (task, _) -> sum(task);
        private final Pool.Task collectTask = (number, _) -> collect(number);
        private final int sumsOfShare = starts.length * tile.rows() * columns;
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
            kernel.awaitFor(shape.operations());
            sums = Scratch.borrow(type, shares * sumsOfShare);
            // The last tile of the last window may read beyond its run.
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
            pool.run(starts.length, collectTask);
            Scratch.giveBack(type, sums);
            Scratch.giveBack(type, padded);
            if (!filled) {
                Scratch.giveBack(type, gradient);
            }
            sums = this;
            padded = this;
            gradient = this;
        }

        private void copy(int image) {
            images.copy(left, leftOffset, first + image, 0, images.lines(), padded, image * images.image());
            if (!filled) {
                fill(rightOffset + (first + image) * shape.imagePixels() * shape.filters(), image * shape.imagePixels() * columns);
            }
        }

        private void sum(int task) {
            int share = task % shares;
            int tileFrom = task / shares * perGroup;
            int tileTo = Math.min(starts.length, tileFrom + perGroup);
            int at = share * sumsOfShare;
            if (first == 0) {
                Scratch.zero(sums, at + tileFrom * tile.rows() * columns, at + tileTo * tile.rows() * columns);
            }
            int all = blocks(count);
            for (int number = (int) ((long) all * share / shares); number < (int) ((long) all * (share + 1) / shares); number++) {
                block(number, tileFrom, tileTo, at);
            }
        }

        /** The gradients of one image, with zeros after the last filter of each pixel. */
        private void fill(int at, int to) {
            for (int pixel = 0; pixel < shape.imagePixels(); pixel++) {
                System.arraycopy(right, at + pixel * shape.filters(), gradient, to + pixel * columns, shape.filters());
                Scratch.zero(gradient, to + pixel * columns + shape.filters(), to + (pixel + 1) * columns);
            }
        }

        /** Adds the products of one block of pixels of {@code count} images to some tiles of rows. */
        private void block(int number, int tileFrom, int tileTo, int sumsAt) {
            int pixel;
            int pixels;
            if (block.images() > 1) {
                pixel = number * block.images() * shape.imagePixels();
                pixels = Math.min(block.images(), count - number * block.images()) * shape.imagePixels();
            } else {
                int across = Math.ceilDiv(shape.width().out(), block.columns());
                int down = Math.ceilDiv(shape.height().out(), block.lines());
                int plane = number / across / down;
                int h = number / across % down * block.lines();
                int w = number % across * block.columns();
                pixel = (plane * shape.height().out() + h) * shape.width().out() + w;
                pixels = Math.min(block.lines(), shape.height().out() - h) * Math.min(block.columns(), shape.width().out() - w);
            }
            int from = place(pixel);
            for (int column = 0; column < columns; column += tile.columns()) {
                for (int t = tileFrom; t < tileTo; t++) {
                    kernel.kernel().run(padded, from + starts[t], places, gradient, gradientAt + pixel * columns + column, columns, sums,
                            sumsAt + t * tile.rows() * columns + column, columns, pixels, true);
                }
            }
        }

        /** Adds the sums of all shares for one tile of rows, and puts them into the result. */
        private void collect(int number) {
            int row = number % tilesPerRun * tile.rows();
            int rows = Math.min(tile.rows(), run - row);
            int at = number * tile.rows() * columns;
            for (int share = 1; share < shares; share++) {
                Scratch.add(sums, share * sumsOfShare + at, at, rows * columns);
            }
            int to = resultOffset + (number / tilesPerRun * run + row) * shape.filters();
            for (int r = 0; r < rows; r++) {
                System.arraycopy(sums, at + r * columns, result, to + r * shape.filters(), shape.filters());
            }
        }
    }
}
