package dev.gamelan.codegen;

import dev.gamelan.plan.CacheLine;
import dev.gamelan.runtime.Pool;
import org.jspecify.annotations.Nullable;

/**
 * A convolution in groups of some channels: tiles of some pixels of a line times some filters of a group stay in registers while the
 * elements under the kernel pass.
 *
 * <p>The kernel of a group lies by itself, and its channels do where pixels of all groups would meet in the same sets of the first-level
 * cache: what a group needs of a line is as far apart as all groups are wide. Each output is one chain of additions, however lines and
 * groups are cut.
 */
final class GroupedConvolution extends ConvPath {
    /** Elements under the kernel in a group that are few. */
    private static final int FEW_ELEMENTS = 600;
    private static final int LEAST_FILTERS = 8;
    /** Filters of the widest vector: with fewer in all, one that begins with a group would have no room. */
    private static final int WIDEST_VECTOR = 16;
    /** Multiply-adds that are worth a thread. */
    private static final long SMALLEST_SHARE = 100_000;
    /** Twentieths that threads must gain from sharing groups: results of lines are looked at again while they are in cache, those of groups later. */
    private static final int GAIN = 21;

    /** What the panels of all groups follow from. */
    private record Form(FilterPanels panels, int groups) {
    }

    private final ElementType type;
    private final ConvShape shape;
    /** Whether the channels of a group are copied by themselves. */
    private final boolean apart;
    private final PaddedImages images;
    private final PatchKernels moves;
    private final Tile tile;
    private final Warm<DirectTile> kernel;
    private final DirectTile plain;
    /** Where the elements of a window lie from its beginning. */
    private final int[] places;
    /** Of each group. */
    private final FilterPanels panels;
    /** Where the kernel of the first group begins. */
    private final int start;

    GroupedConvolution(Lanes lanes, ElementType type, ConvShape shape) {
        this.type = type;
        this.shape = shape;
        this.apart = CacheSets.collide(type, shape.channels());
        int pixel = apart ? shape.groupChannels() : shape.channels();
        this.images = new PaddedImages(shape, pixel);
        this.moves = PatchKernels.of(type, lanes);
        this.tile = Tile.overlapping(lanes, shape.groupFilters()).even(Math.max(1, shape.width().out()));
        int distance = shape.width().stride() * pixel;
        this.kernel = DirectTile.ofPanel(type, tile, distance);
        this.plain = new PlainTile(tile.rows(), tile.columns(), distance, false, false);
        this.panels = new FilterPanels(shape.patch(), shape.groupFilters(), tile.columns());
        this.places = images.places();
        this.start = CacheLine.first(type.bits() / Byte.SIZE);
    }

    /** Whether it is faster than products of gathered patches, by extents alone. */
    static boolean pays(ConvShape shape) {
        return shape.groups() > 1 && !shape.isPointwise() && shape.depth().kernel() == 1 && shape.groupFilters() >= LEAST_FILTERS
                && shape.filters() >= WIDEST_VECTOR && shape.patch() <= FEW_ELEMENTS;
    }

    @Override
    ConvCall newCall() {
        return new Call();
    }

    private final class Call extends PackedCall {
        private final Pool.Task packTask = (group, _) -> pack(group);
        private final Pool.Task linesTask = (task, _) -> lines(task);
        private final Pool.Task groupsTask = (task, _) -> groups(task);
        /** The kernel, while it is packed. */
        private Object whole = this;
        /** The kernel of each group by itself. */
        private Object packed = this;
        private int bands;
        private int share;
        private int shares;

        Call() {
            super(type, new Form(panels, shape.groups()), start + shape.groups() * panels.elements());
        }

        @Override
        void compute(Object packed) {
            PlainKernel.awaitFor(shape.operations(), type, kernel);
            this.packed = packed;
            int planes = shape.batch() * shape.depth().out();
            int height = shape.height().out();
            int threads = (int) Math.min(pool.workers(), 1 + shape.operations() / SMALLEST_SHARE);
            share = Math.ceilDiv(shape.groups(), threads);
            // What the slowest thread has to do, in lines of all groups.
            long ofLines = (long) Math.ceilDiv(planes * height, threads) * shape.groups();
            long ofGroups = (long) planes * height * share;
            if (ofGroups * GAIN < ofLines * (GAIN - 1)) {
                shares = Math.ceilDiv(shape.groups(), share);
                pool.run(planes * shares, groupsTask);
                allDone(shape.pixels());
            } else {
                bands = Bands.of(height, shape.width().out() * shape.filters(), planes, shape.operations(), pool.workers()).count();
                pool.run(planes * bands, linesTask);
            }
            this.packed = this;
        }

        @Override
        void pack(Object kernel, Object to) {
            whole = kernel;
            packed = to;
            pool.run(shape.groups(), packTask);
            whole = this;
            packed = this;
        }

        /** The kernel of one group. */
        private void pack(int group) {
            panels.pack(whole, rightOffset + group * shape.groupFilters(), shape.filters(), packed, start + group * panels.elements());
        }

        private void lines(int task) {
            int height = shape.height().out();
            int width = shape.width().out();
            int plane = task / bands;
            int from = new Bands(height, bands).from(task % bands);
            int to = new Bands(height, bands).to(task % bands);
            groups(plane, from, to, 0, shape.groups());
            done((plane * height + from) * width, (plane * height + to) * width);
        }

        private void groups(int task) {
            int first = task % shares * share;
            groups(task / shares, 0, shape.height().out(), first, Math.min(shape.groups(), first + share));
        }

        /** Some lines of the output of one plane, for some groups. */
        private void groups(int plane, int from, int to, int firstGroup, int lastGroup) {
            int image = plane / shape.depth().out();
            int first = images.start(plane % shape.depth().out(), from, 0) / images.line();
            int last = first + (to - 1 - from) * shape.height().stride() + (shape.height().kernel() - 1) * shape.height().dilation() + 1;
            Object padded = Scratch.borrow(type, (last - first) * images.line() + LeftRows.SLACK);
            Object scratch = Scratch.borrow(type, tile.rows() * tile.columns());
            int channels = shape.groupChannels();
            if (!apart) {
                images.copy(left, leftOffset, image, first, last, firstGroup * channels, (lastGroup - firstGroup) * channels, moves, padded,
                        0);
            }
            for (int group = firstGroup; group < lastGroup; group++) {
                if (apart) {
                    images.copy(left, leftOffset, image, first, last, group * channels, channels, moves, padded, 0);
                }
                int at = apart ? 0 : (group - firstGroup) * channels;
                // What is stored beyond the filters of a group is the next group's place, which comes later.
                boolean hasRoom = shape.groupFilters() >= tile.columns() || group < lastGroup - 1;
                for (int line = from; line < to; line++) {
                    int y = resultOffset + (plane * shape.height().out() + line) * shape.width().out() * shape.filters();
                    line(padded, at + images.start(0, line - from, 0), group, y, hasRoom ? null : scratch);
                }
            }
            Scratch.giveBack(type, padded);
            Scratch.giveBack(type, scratch);
        }

        /** @param scratch for the results of a tile; null where these may be stored at once */
        private void line(Object padded, int at, int group, int y, @Nullable Object scratch) {
            int width = shape.width().out();
            int kernelAt = start + group * panels.elements();
            for (int column = 0; column < panels.columns(); column += tile.columns()) {
                int filter = panels.firstFilter(column);
                int panel = kernelAt + column * shape.patch();
                // The last tile of pixels computes some before it again, too.
                for (int pixel = 0; pixel < width; pixel += tile.rows()) {
                    int first = Math.min(pixel, width - tile.rows());
                    int to = y + first * shape.filters() + group * shape.groupFilters() + filter;
                    int from = at + images.start(0, 0, first);
                    DirectTile now = kernel.kernelOr(plain);
                    if (scratch == null) {
                        now.run(padded, from, places, packed, panel, tile.columns(), result, to, shape.filters(), places.length);
                    } else {
                        now.run(padded, from, places, packed, panel, tile.columns(), scratch, 0, tile.columns(), places.length);
                        for (int i = 0; i < tile.rows(); i++) {
                            System.arraycopy(scratch, i * tile.columns(), result, to + i * shape.filters(), shape.groupFilters());
                        }
                    }
                }
            }
        }
    }
}
