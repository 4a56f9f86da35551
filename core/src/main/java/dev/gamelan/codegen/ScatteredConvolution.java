package dev.gamelan.codegen;

import dev.gamelan.ir.Derived;
import dev.gamelan.runtime.Pool;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * The input's gradient for any strides: products of the output's gradient with the transposed kernel give the gradients of
 * patches, a few pixels at a time, which are added to the image where they came from.
 *
 * <p>Bands of lines of the output run at the same time, first all even ones, then all odd ones: bands are so high that two
 * of one kind never touch the same input. Their height depends on the shape alone, and so does the order of additions.
 */
final class ScatteredConvolution extends ConvPath {
    private static final int PATCH_ELEMENTS = 32 * 1024;
    /** Pixels and elements of patches, of which blocks are multiples: of tiles of all forms, so that the order of additions is the same in all. */
    private static final int BLOCK_PIXELS = 12;
    private static final int BLOCK_ELEMENTS = 32;
    private static final int MOST_BLOCKS = 16;
    private static final int LEAST_LINES = 4;
    /** With so many bands there is work for every thread. */
    private static final int MANY_BANDS = 8;

    /** What panels follow from. */
    private record Key(Tile tile, int patch, int groups, int filters, int offset) {
    }

    private final ElementType type;
    private final ConvShape shape;
    private final Patches patches;
    private final PackKernels packing;
    private final Tile tile;
    private final Warm<MicroKernel> kernel;
    private final MicroKernel plain;
    /** Kernels for fewer rows, by their number, as far as they were asked for. */
    private final AtomicReferenceArray<@Nullable Warm<MicroKernel>> kernels;
    private final int panels;
    private final int blockPixels;
    private final int bandLines;
    private final int bands;
    private final int linePixels;
    /** Tasks for a band, where bands are few: each has the rows of the kernel that meet every so many lines of the input. */
    private final int phases;

    ScatteredConvolution(Lanes lanes, ElementType type, ConvShape shape) {
        this.type = type;
        this.shape = shape;
        this.patches = Patches.scattering(type, lanes, shape);
        this.tile = Tile.largest(lanes);
        this.packing = PackKernels.of(type, tile);
        this.kernel = MicroKernels.warmPanel(type, tile);
        this.plain = new PlainKernel(tile.rows(), tile.columns(), tile.columns());
        this.kernels = new AtomicReferenceArray<>(tile.rows());
        this.panels = Math.ceilDiv(shape.patch(), tile.columns());
        int fitting = PATCH_ELEMENTS / Shares.roundUp(shape.patch(), BLOCK_ELEMENTS);
        this.blockPixels = Math.clamp(fitting - fitting % BLOCK_PIXELS, BLOCK_PIXELS, MOST_BLOCKS * BLOCK_PIXELS);
        // Lines are those of the outermost axis that has more than one.
        ConvShape.Axis outer = shape.depth().out() > 1 ? shape.depth() : shape.height().out() > 1 ? shape.height() : shape.width();
        int reach = outer.dilation() * (outer.kernel() - 1) + 1;
        this.bandLines = Math.max(LEAST_LINES, Math.ceilDiv(reach, outer.stride()));
        this.bands = Math.ceilDiv(outer.out(), bandLines);
        this.linePixels = outer.out() == 0 ? 0 : shape.imagePixels() / outer.out();
        boolean isPlane = shape.depth().kernel() == 1 && shape.height().dilation() == 1;
        this.phases = isPlane && shape.batch() * bands < MANY_BANDS ? Math.min(shape.height().stride(), shape.height().kernel()) : 1;
    }

    /** Elements of the panels of a group. */
    private int panelElements() {
        return panels * tile.columns() * shape.groupFilters();
    }

    private Warm<MicroKernel> fewer(int rows) {
        Warm<MicroKernel> fewer = kernels.get(rows);
        if (fewer == null) {
            fewer = MicroKernels.warmPanel(type, new Tile(tile.lanes(), rows, tile.vectors()));
            kernels.set(rows, fewer);
        }
        return fewer;
    }

    @Override
    ConvCall newCall() {
        return new Call();
    }

    private final class Call extends ConvCall {
        private final Pool.Task zeroTask = (image, _) -> zero(image);
        private final Pool.Task packTask = (panel, _) -> pack(panel);
        private final Pool.Task evenTask = (task, _) -> band(task, 0);
        private final Pool.Task oddTask = (task, _) -> band(task, 1);
        private final Derived.Maker maker = this::keep;
        private Key key = new Key(tile, shape.patch(), shape.groups(), shape.filters(), 0);
        private Object packed = this;
        /** Where the panels of the group begin. */
        private int packedAt;
        private int group;

        @Override
        void compute() {
            PlainKernel.awaitFor(shape.operations(), type, kernel);
            pool.run(shape.batch(), zeroTask);
            if (shape.pixels() > 0 && shape.groupFilters() > 0) {
                @Nullable Object kept = derived == null ? null : kept(derived);
                packed = kept == null ? Scratch.borrow(type, panelElements()) : kept;
                for (group = 0; group < shape.groups(); group++) {
                    packedAt = kept == null ? 0 : group * panelElements();
                    if (kept == null) {
                        pool.run(panels, packTask);
                    }
                    pool.run(shape.batch() * Math.ceilDiv(bands, 2) * phases, evenTask);
                    pool.run(shape.batch() * (bands / 2) * phases, oddTask);
                }
                if (kept == null) {
                    Scratch.giveBack(type, packed);
                }
                packed = this;
            }
            allDone(shape.inputPixels());
        }

        /** The panels of all groups, or null where they are not worth keeping yet. */
        private @Nullable Object kept(Derived derived) {
            if (key.offset() != rightOffset) {
                key = new Key(tile, shape.patch(), shape.groups(), shape.filters(), rightOffset);
            }
            return derived.get(key, maker);
        }

        private Object keep(@Nullable Object earlier) {
            packed = earlier == null ? type.newArray(shape.groups() * panelElements()) : earlier;
            for (group = 0; group < shape.groups(); group++) {
                packedAt = group * panelElements();
                pool.run(panels, packTask);
            }
            return packed;
        }

        private void zero(int image) {
            int elements = shape.inputPixels() / shape.batch() * shape.channels();
            Scratch.zero(result, resultOffset + image * elements, resultOffset + (image + 1) * elements);
        }

        private void pack(int panel) {
            int width = tile.columns();
            int columns = Math.min(width, shape.patch() - panel * width);
            int at = packedAt + panel * width * shape.groupFilters();
            if (columns < width) {
                Scratch.zero(packed, at, at + width * shape.groupFilters());
            }
            packing.copy(right, rightOffset + group * shape.groupFilters() + panel * width * shape.filters(), 1, shape.filters(), packed,
                    at, width,
                    shape.groupFilters(), columns);
        }

        /** One band of one image; {@code odd} is 1 for the odd bands. */
        private void band(int task, int odd) {
            int perImage = (bands + 1 - odd) / 2;
            int number = task / phases;
            int image = number / perImage;
            int band = 2 * (number % perImage) + odd;
            int from = image * shape.imagePixels() + band * bandLines * linePixels;
            int to = Math.min((image + 1) * shape.imagePixels(), from + bandLines * linePixels);
            int stride = panels * tile.columns();
            int gradientAt = leftOffset + group * shape.groupFilters();
            int resultAt = resultOffset + group * shape.groupChannels();
            Object gathered = Scratch.borrow(type, blockPixels * stride);
            for (int pixel = from; pixel < to; pixel += blockPixels) {
                int pixels = Math.min(blockPixels, to - pixel);
                if (phases == 1) {
                    scatter(gradientAt + pixel * shape.filters(), pixel, pixels, 0, shape.patch(), resultAt, gathered, stride);
                    continue;
                }
                int row = shape.patch() / shape.height().kernel();
                for (int i = task % phases; i < shape.height().kernel(); i += phases) {
                    scatter(gradientAt + pixel * shape.filters(), pixel, pixels, i * row, row, resultAt, gathered, stride);
                }
            }
            Scratch.giveBack(type, gathered);
        }

        /** Elements {@code inner} to {@code inner + depth} of the patches of some pixels. */
        private void scatter(int gradientAt, int pixel, int pixels, int inner, int depth, int resultAt, Object gathered, int stride) {
            for (int panel = inner / tile.columns(); panel * tile.columns() < inner + depth; panel++) {
                multiply(gradientAt, pixels, panel, gathered, stride);
            }
            patches.move(result, resultAt, pixel, pixels, inner, depth, gathered, inner, stride);
        }

        private void multiply(int gradientAt, int pixels, int panel, Object gathered, int stride) {
            int panelAt = packedAt + panel * tile.columns() * shape.groupFilters();
            for (int row = 0; row < pixels; row += tile.rows()) {
                int rows = Math.min(tile.rows(), pixels - row);
                // Too few rows are done together with rows before them, whose results are the same again.
                int first = Math.max(0, row + rows - tile.rows());
                int count = row + rows - first;
                MicroKernel fitting = count == tile.rows() ? kernel.kernelOr(plain)
                        : fewer(count).kernelOr(new PlainKernel(count, tile.columns(), tile.columns()));
                fitting.run(left, gradientAt + first * shape.filters(), shape.filters(), packed, panelAt, 0, gathered,
                        first * stride + panel * tile.columns(), stride, shape.groupFilters(), 0);
            }
        }
    }
}
