package dev.gamelan.codegen;

import dev.gamelan.runtime.Pool;
import java.util.Arrays;

/**
 * The gradient of the kernel of a convolution of each channel by itself, or of small groups: sums of a few taps stay in registers while the pixels of some
 * lines pass. Lines are dealt to shares with sums of their own, which are added in the end; shares follow from the extents alone.
 */
final class DepthwiseKernelGradient extends ConvPath {
    private static final int MOST_SHARES = 16;
    /** Pixels that a share should have at least. */
    private static final int SHARE_PIXELS = 256;

    private final ElementType type;
    private final ConvShape shape;
    private final Spread spread;
    private final PaddedImages images;
    /** Filters. */
    private final int channels;
    private final int lanes;
    /** Filters of a block, filled up to whole vectors. */
    private final int blockColumns;
    private final int columns;
    /** Taps and the channels of a group there. */
    private final int taps;
    /** These, some at a time: where they are in a window. */
    private final int[][] places;
    private final Warm<?>[] kernels;
    private final int lines;
    private final int bands;
    /** Where the windows of the pixels of some lines begin. */
    private final int[] pixelPlaces;
    /** Whether windows lie in one plane; else whole images are copied. */
    private final boolean flat;
    private final int units;
    private final int shares;

    DepthwiseKernelGradient(Lanes lanes, ElementType type, ConvShape shape) {
        this.type = type;
        this.shape = shape;
        this.spread = shape.isDepthwise() ? Spread.none(shape.filters())
                : Spread.of(lanes.count(), shape.filters(), shape.groupFilters(), shape.groupChannels());
        this.images = new PaddedImages(shape, spread.pixel());
        this.channels = shape.filters();
        this.lanes = lanes.count();
        this.blockColumns = Math.ceilDiv(spread.lanes(), lanes.count()) * lanes.count();
        this.columns = spread.blocks() * blockColumns;
        this.taps = shape.taps() * spread.sums();
        int across = shape.width().kernel();
        int down = shape.height().kernel();
        int[] all = new int[taps];
        Arrays.setAll(all, i -> {
            int tap = i / spread.sums();
            return images.tap(tap / across / down, tap / across % down, tap % across) + i % spread.sums() * spread.lanes();
        });
        int most = DepthwiseKernels.mostSums(lanes, spread.lanes());
        this.places = new int[Math.ceilDiv(all.length, most)][];
        this.kernels = new Warm<?>[places.length];
        for (int i = 0; i < places.length; i++) {
            places[i] = Arrays.copyOfRange(all, i * most, Math.min(all.length, (i + 1) * most));
            kernels[i] = DepthwiseKernels.gradient(type, lanes, spread.lanes(), places[i].length);
        }
        int width = shape.width().out();
        Bands cut = Bands.of(shape.height().out(), width * channels);
        this.lines = cut.lines();
        this.bands = Math.ceilDiv(shape.height().out(), lines);
        this.pixelPlaces = new int[lines * width];
        Arrays.setAll(pixelPlaces, i -> images.start(0, i / width, i % width));
        this.flat = shape.depth().kernel() == 1;
        this.units = shape.batch() * (flat ? shape.depth().out() * bands : 1);
        this.shares = Math.clamp(Math.min(units, shape.pixels() / SHARE_PIXELS), 1, MOST_SHARES);
    }

    @Override
    ConvCall newCall() {
        return new Call();
    }

    private final class Call extends ConvCall {
        private final Pool.Task shareTask = (share, _) -> share(share);
        private Object sums = this;

        @Override
        void compute() {
            int elements = taps * columns;
            for (Warm<?> kernel : kernels) {
                kernel.awaitFor(shape.operations());
            }
            sums = Scratch.borrow(type, shares * elements);
            Scratch.zero(sums, 0, shares * elements);
            pool.run(shares, shareTask);
            for (int share = 1; share < shares; share++) {
                Scratch.add(sums, share * elements, 0, elements);
            }
            for (int tap = 0; tap < taps; tap++) {
                for (int block = 0; block < spread.blocks(); block++) {
                    collect(tap * columns + block * blockColumns, resultOffset + tap * channels + spread.starts()[block]);
                }
            }
            Scratch.giveBack(type, sums);
            sums = this;
        }

        private void share(int share) {
            int to = (int) ((long) units * (share + 1) / shares);
            for (int unit = (int) ((long) units * share / shares); unit < to && shape.pixels() > 0 && channels > 0; unit++) {
                unit(unit, share * taps * columns);
            }
        }

        /** The sums of one tap and block: those of the last vector of channels lie at its end. */
        private void collect(int from, int to) {
            int count = spread.lanes();
            int whole = count < lanes ? count : count / lanes * lanes;
            System.arraycopy(sums, from, result, to, whole);
            System.arraycopy(sums, from + blockColumns - (count - whole), result, to + whole, count - whole);
        }

        /** Some lines of one plane, or a whole image. */
        private void unit(int unit, int sumsAt) {
            if (flat) {
                int image = unit / bands / shape.depth().out();
                int plane = unit / bands % shape.depth().out();
                int h = unit % bands * lines;
                int count = Math.min(lines, shape.height().out() - h);
                int first = images.start(plane, h, 0) / images.line();
                int last = first + (count - 1) * shape.height().stride() + (shape.height().kernel() - 1) * shape.height().dilation() + 1;
                Object padded = Scratch.borrow(type, (last - first) * images.line());
                for (int block = 0; block < spread.blocks(); block++) {
                    images.copy(left, leftOffset, image, first, last, spread.sources()[block], padded, 0);
                    band(padded, 0, image, plane, h, block, sumsAt);
                }
                Scratch.giveBack(type, padded);
            } else {
                Object padded = Scratch.borrow(type, images.image());
                for (int block = 0; block < spread.blocks(); block++) {
                    images.copy(left, leftOffset, unit, 0, images.lines(), spread.sources()[block], padded, 0);
                    for (int band = 0; band < shape.depth().out() * bands; band++) {
                        int h = band % bands * lines;
                        band(padded, images.start(band / bands, h, 0), unit, band / bands, h, block, sumsAt);
                    }
                }
                Scratch.giveBack(type, padded);
            }
        }

        private void band(Object padded, int at, int image, int plane, int h, int block, int sumsAt) {
            int pixels = Math.min(lines, shape.height().out() - h) * shape.width().out();
            int pixel = ((image * shape.depth().out() + plane) * shape.height().out() + h) * shape.width().out();
            int gradientAt = rightOffset + pixel * channels + spread.starts()[block];
            int to = sumsAt + block * blockColumns;
            for (int i = 0; i < places.length; i++) {
                ((DepthwiseKernels.Gradient) kernels[i].kernel()).run(padded, at, pixelPlaces, places[i], right, gradientAt,
                        channels, sums, to, columns, pixels, spread.lanes());
                to += places[i].length * columns;
            }
        }
    }
}
