package dev.gamelan.codegen;

import dev.gamelan.runtime.Pool;
import org.jspecify.annotations.Nullable;

/**
 * The gradient of a kernel as a sum over pixels of outer products: elements under the kernel, which are read in place, times the
 * pixel's gradients. A tile of the gradient stays in registers while some lines of an image pass.
 *
 * <p>Small gradients are dealt by pixels: each task has sums of its own, which are added in the end, and copies the lines that it needs
 * with their padding itself, so they are in its cache. Large ones are dealt by their elements, and all tasks read the same copies of
 * some images. Shares and their order follow from the extents alone. Groups are gradients by themselves, for which both operands are copied.
 *
 * <p>Where registers are few, the elements of a tile are copied one behind the other before they meet panels of the pixels' gradients ({@link PackedTiles}).
 * All of these ways give the same bits.
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
    /** Elements of a gradient up to which the sums of a group stay in cache. */
    private static final int GROUP_GRADIENT = 64 * 1024;
    /** Channels or filters of the groups that are copied together: some cache lines, which processors bring faster than one of each pixel. */
    private static final int NEIGHBORS = 64;
    /** Tiles that are packed before they meet a panel. */
    private static final int TILES_AT_ONCE = 2;
    /** Elements of a cache line. */
    private static final int LINE = 16;

    private final ElementType type;
    private final ConvShape shape;
    private final PaddedImages images;
    private final PatchKernels moves;
    private final GroupCopy channelCopy;
    private final GroupCopy filterCopy;
    private final Tile tile;
    private final Warm<DirectTile> kernel;
    private final DirectTile plain;
    private final PackKernels packing;
    /** Null where elements are read in place. */
    private final @Nullable PackedTiles packed;
    /** Elements of a window that lie one after another in image and gradient. */
    private final int run;
    /** Elements of a run in a tile. */
    private final int span;
    private final int tilesPerRun;
    /** Whether vectors hold elements under the kernel, not filters. */
    private final boolean turned;
    /** Where each tile of rows begins in a window. */
    private final int[] starts;
    /** Filters of a group, filled up to whole tiles. */
    private final int columns;
    /** Groups of a task. */
    private final int neighbors;
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
        this.images = new PaddedImages(shape, shape.groupChannels());
        this.moves = PatchKernels.of(type, lanes);
        this.channelCopy = new GroupCopy(type, lanes, shape.groupChannels());
        this.filterCopy = new GroupCopy(type, lanes, shape.groupFilters());
        boolean wholeRows = shape.width().dilation() == 1;
        this.run = wholeRows ? shape.width().kernel() * shape.groupChannels() : shape.groupChannels();
        this.turned = isTurned(lanes, shape, run);
        boolean packs = !turned && packs(lanes, shape, run);
        this.tile = turned ? turnedTile(lanes, run) : packs ? Tile.largest(lanes).even(run) : tile(lanes, shape, run);
        this.packing = PackKernels.of(type, Tile.largest(lanes));
        this.kernel = turned ? DirectTile.placedRight(type, tile, true) : DirectTile.of(type, tile, 1, true);
        this.plain = new PlainTile(tile.rows(), tile.columns(), 1, turned, true);
        this.span = turned ? tile.columns() : tile.rows();
        this.tilesPerRun = Math.ceilDiv(run, span);
        this.starts = starts(wholeRows ? 1 : shape.width().kernel());
        this.columns = turned ? shape.groupFilters() : Math.ceilDiv(shape.groupFilters(), tile.columns()) * tile.columns();
        this.imagesAtOnce = Math.clamp(CACHED_ELEMENTS / Math.max(1, images.image()), 1, Math.max(1, shape.batch()));
        this.blocks = PixelBlocks.of(shape, imagesAtOnce);
        this.places = new int[blocks.most()];
        for (int i = 0; i < places.length; i++) {
            places[i] = blocks.hasImages() ? place(i) : images.start(0, i / blocks.columns(), i % blocks.columns());
        }
        this.packed = packs ? PackedTiles.of(type, tile, blocks.most()) : null;
        this.neighbors = Math.max(1, NEIGHBORS / Math.max(1, Math.max(shape.groupChannels(), shape.groupFilters())));
        boolean small = shape.patch() * shape.groupFilters() <= SMALL_GRADIENT;
        int most = Math.ceilDiv(MOST_SHARES, Math.ceilDiv(shape.groups(), neighbors));
        this.shares = small ? Math.clamp(shape.pixels() / SHARE_PIXELS, 1, most) : 1;
        this.apart = shape.groups() > 1 || shares > 1 && (blocks.hasImages() || shape.depth().kernel() == 1);
    }

    private static Tile tile(Lanes lanes, ConvShape shape, int run) {
        Tile largest = Tile.fitting(lanes, shape.groupFilters());
        int pieces = Math.max(1, Math.ceilDiv(run, largest.rows()));
        return new Tile(lanes, pieces > 2 ? largest.rows() : Math.ceilDiv(Math.max(1, run), pieces), largest.vectors());
    }

    /** Where registers are few, runs fill tiles, and what is packed meets several panels. */
    private static boolean packs(Lanes lanes, ConvShape shape, int run) {
        Tile largest = Tile.largest(lanes);
        return largest.hasFewRegisters() && run >= largest.rows() && shape.groupFilters() > largest.columns();
    }

    /** Filters that fill no more than a vector, and whole vectors of elements under the kernel: each vector is used more often. */
    private static boolean isTurned(Lanes lanes, ConvShape shape, int run) {
        int filters = shape.groupFilters();
        // One vector makes too few sums to keep the multipliers busy where tiles have few rows.
        int least = Tile.largest(lanes).hasFewRegisters() ? 2 * lanes.count() : lanes.count();
        return lanes.isVector() && filters <= lanes.count() && filters % turnedRows(lanes) == 0 && run % least == 0
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
        return !shape.isPointwise() && (shape.groups() == 1 ? (long) shape.patch() * shape.filters() <= CACHED_GRADIENT
                : (long) shape.patch() * shape.groupFilters() <= GROUP_GRADIENT && shape.depth().kernel() == 1);
    }

    /** Lines under the windows of {@code lines} lines. */
    private int reach(int lines) {
        return (lines - 1) * shape.height().stride() + (shape.height().kernel() - 1) * shape.height().dilation() + 1;
    }

    /** Elements of the lines of a block, and what is read and written beyond them. */
    private int blockElements() {
        return tile.rows() + LeftRows.SLACK
                + (blocks.hasImages() ? blocks.images() * images.image() : reach(blocks.lines()) * images.line());
    }

    /** Distance of so many elements, and what is written beyond them: an odd number of cache lines, so that they do not meet in the same sets. */
    private static int apartFrom(int elements) {
        return (Math.ceilDiv(elements + LeftRows.SLACK, LINE) | 1) * LINE;
    }

    @Override
    ConvCall newCall() {
        return new Call();
    }

    private final class Call extends ConvCall {
        private final Pool.Task shareTask = (task, _) -> share(task);
        private final Pool.Task copyTask = (image, _) -> copy(image);
        private final Pool.Task fillTask = (number, _) -> fill(number);
        private final Pool.Task sumTask = (task, _) -> sum(task);
        private final Pool.Task collectTask = (number, _) -> collect(number);
        /** Sums of one group and one share. */
        private final int sumsOfShare = starts.length * span * columns;
        /** Whether gradients lie as tiles read them. */
        private final boolean filled = shape.groups() == 1 && columns == shape.filters() && (packed == null || columns == tile.columns());
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
            if (packed == null) {
                PlainKernel.awaitFor(shape.operations(), type, kernel);
            } else {
                packed.awaitFor(shape.operations());
            }
            sums = Scratch.borrow(type, shape.groups() * shares * sumsOfShare);
            if (apart) {
                pool.run(shares * Math.ceilDiv(shape.groups(), neighbors), shareTask);
            } else {
                sumTogether();
            }
            pool.run(shape.groups() * starts.length, collectTask);
            Scratch.giveBack(type, sums);
            sums = this;
        }

        /** Some images after the others, their tiles dealt to tasks. */
        private void sumTogether() {
            padded = Scratch.borrow(type, imagesAtOnce * images.image() + tile.rows() + LeftRows.SLACK);
            gradient = filled ? right : Scratch.borrow(type, imagesAtOnce * shape.imagePixels() * columns + LeftRows.SLACK);
            int groups = Math.min(starts.length, Math.ceilDiv(TASKS_PER_WORKER * pool.workers(), shares));
            perGroup = Math.ceilDiv(starts.length, groups);
            for (first = 0; first < shape.batch(); first += imagesAtOnce) {
                count = Math.min(imagesAtOnce, shape.batch() - first);
                gradientAt = filled ? rightOffset + first * shape.imagePixels() * columns : 0;
                pool.run(count, copyTask);
                if (!filled) {
                    pool.run(blocks.count(count), fillTask);
                }
                pool.run(shares * Math.ceilDiv(starts.length, perGroup), sumTask);
            }
            Scratch.giveBack(type, padded);
            if (!filled) {
                Scratch.giveBack(type, gradient);
            }
            padded = this;
            gradient = this;
        }

        /** The blocks of one share, each copied before it is summed, for some groups. */
        private void share(int task) {
            int share = task % shares;
            int groupFrom = task / shares * neighbors;
            int groupTo = Math.min(shape.groups(), groupFrom + neighbors);
            for (int group = groupFrom; group < groupTo; group++) {
                Scratch.zero(sums, (group * shares + share) * sumsOfShare, (group * shares + share + 1) * sumsOfShare);
            }
            int linesStep = apartFrom(blockElements());
            int outerStep = apartFrom(blocks.most() * columns);
            Object lines = Scratch.borrow(type, linesStep * (groupTo - groupFrom));
            Object outer = filled ? right : Scratch.borrow(type, outerStep * (groupTo - groupFrom));
            int all = blocks.count(shape.batch());
            for (int number = (int) ((long) all * share / shares); number < (int) ((long) all * (share + 1) / shares); number++) {
                int pixel = blocks.first(number);
                int pixels = blocks.size(number, shape.batch());
                int from = blocks.hasImages() ? 0 : images.start(0, 0, pixel % shape.width().out());
                copyBlock(pixel, pixels, groupFrom, groupTo, lines, linesStep);
                if (!filled) {
                    fill(pixel, pixels, groupFrom, groupTo, outer, 0, outerStep);
                }
                for (int group = groupFrom; group < groupTo; group++) {
                    int own = group - groupFrom;
                    multiply(lines, own * linesStep + from, outer, filled ? rightOffset + pixel * columns : own * outerStep, pixels, 0,
                            starts.length, (group * shares + share) * sumsOfShare);
                }
            }
            Scratch.giveBack(type, lines);
            if (!filled) {
                Scratch.giveBack(type, outer);
            }
        }

        /** The lines under the windows of a block's pixels. */
        private void copyBlock(int pixel, int pixels, int groupFrom, int groupTo, Object lines, int step) {
            if (blocks.hasImages()) {
                for (int i = 0; i < pixels / shape.imagePixels(); i++) {
                    copyLines(pixel / shape.imagePixels() + i, 0, images.lines(), groupFrom, groupTo, lines, i * images.image(), step);
                }
            } else {
                int line = pixel / shape.width().out();
                int number = line / shape.height().out();
                int from = images.start(number % shape.depth().out(), line % shape.height().out(), 0) / images.line();
                int to = from + reach(Math.ceilDiv(pixels, blocks.columns()));
                copyLines(number / shape.depth().out(), from, to, groupFrom, groupTo, lines, 0, step);
            }
        }

        private void copyLines(int image, int from, int to, int groupFrom, int groupTo, Object lines, int at, int step) {
            if (shape.groups() == 1) {
                images.copy(left, leftOffset, image, from, to, lines, at);
            } else {
                images.copyGroups(left, leftOffset, image, from, to, groupFrom * shape.groupChannels(), groupTo - groupFrom, channelCopy,
                        lines, at, step);
            }
        }

        private void copy(int image) {
            images.copy(left, leftOffset, first + image, 0, images.lines(), padded, image * images.image());
        }

        /** The gradients of a block of the images that are summed now. */
        private void fill(int number) {
            int pixel = blocks.first(number);
            fill(first * shape.imagePixels() + pixel, blocks.size(number, count), 0, 1, gradient, pixel * columns, 0);
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

        /** The gradients of some pixels, with zeros after the last filter of each; as panels where tiles are packed. */
        private void fill(int first, int pixels, int groupFrom, int groupTo, Object outer, int to, int step) {
            int wide = packed == null ? columns : tile.columns();
            int filters = shape.groupFilters();
            int from = rightOffset + first * shape.filters() + groupFrom * filters;
            if (filters < columns) {
                for (int g = 0; g < groupTo - groupFrom; g++) {
                    Scratch.zero(outer, to + g * step + (columns - wide) * pixels, to + g * step + columns * pixels);
                }
            }
            if (groupTo - groupFrom > 1 && wide == columns) {
                filterCopy.run(right, from, shape.filters(), outer, to, columns, step, pixels, groupTo - groupFrom);
                return;
            }
            for (int g = 0; g < groupTo - groupFrom; g++) {
                for (int column = 0; column < columns; column += wide) {
                    moves.copy().run(right, from + g * filters + column, shape.filters(), outer, to + g * step + column * pixels, wide,
                            pixels,
                            Math.min(wide, filters - column));
                }
            }
        }

        /** Adds the products of one block of pixels to some tiles of rows. */
        private void multiply(Object lines, int from, Object outer, int outerAt, int pixels, int tileFrom, int tileTo, int sumsAt) {
            if (packed != null) {
                multiply(packed, lines, from, outer, outerAt, pixels, tileFrom, tileTo, sumsAt);
                return;
            }
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

        private void multiply(PackedTiles packed, Object lines, int from, Object outer, int outerAt, int pixels, int tileFrom, int tileTo,
                int sumsAt) {
            int elements = packed.elements(pixels);
            Object together = Scratch.borrow(type, TILES_AT_ONCE * elements + LeftRows.SLACK);
            for (int some = tileFrom; some < tileTo; some += TILES_AT_ONCE) {
                int end = Math.min(tileTo, some + TILES_AT_ONCE);
                for (int t = some; t < end; t++) {
                    packed.pack(lines, from + starts[t], places, together, (t - some) * elements, pixels);
                }
                for (int column = 0; column < columns; column += tile.columns()) {
                    for (int t = some; t < end; t++) {
                        packed.multiply(together, (t - some) * elements, outer, outerAt + column * pixels, sums,
                                sumsAt + t * tile.rows() * columns + column, columns, pixels);
                    }
                }
            }
            Scratch.giveBack(type, together);
        }

        /** Adds the sums of all shares for one tile of rows of a group, and puts them into the result. */
        private void collect(int task) {
            int group = task / starts.length;
            int number = task % starts.length;
            int row = number % tilesPerRun * span;
            int rows = Math.min(span, run - row);
            int at = group * shares * sumsOfShare + number * span * columns;
            for (int share = 1; share < shares; share++) {
                Scratch.add(sums, share * sumsOfShare + at, at, span * columns);
            }
            int to = resultOffset + (number / tilesPerRun * run + row) * shape.filters() + group * shape.groupFilters();
            if (turned) {
                packing.copy(sums, at, 1, span, result, to, shape.filters(), span, columns);
            }
            for (int r = 0; r < rows && !turned; r++) {
                System.arraycopy(sums, at + r * columns, result, to + r * shape.filters(), shape.groupFilters());
            }
        }
    }
}
