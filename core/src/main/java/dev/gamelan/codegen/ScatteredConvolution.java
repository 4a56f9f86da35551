package dev.gamelan.codegen;

import dev.gamelan.codegen.Convolution.PixelsDone;
import dev.gamelan.ir.Derived;
import dev.gamelan.runtime.Pool;
import org.jspecify.annotations.Nullable;

/**
 * The input's gradient for any strides: products of the output's gradient with the transposed kernel give the gradients of
 * patches, a few pixels at a time, which are added to the image where they came from.
 *
 * <p>Bands of lines of the output run at the same time, first all even ones, then all odd ones: bands are so high that two
 * of one kind never touch the same input. Their height depends on the shape alone, and so does the order of additions.
 */
final class ScatteredConvolution implements Convolution.Run {
    private static final int PATCH_ELEMENTS = 32 * 1024;
    private static final int LEAST_LINES = 4;

    private final ElementType type;
    private final ConvShape shape;
    private final Patches patches;
    private final PackKernels packing;
    private final Tile tile;
    private final Warm<MicroKernel> kernel;
    private final int panels;
    private final int blockPixels;
    private final int bandLines;
    private final int bands;
    private final int linePixels;

    ScatteredConvolution(Lanes lanes, ElementType type, ConvShape shape) {
        this.type = type;
        this.shape = shape;
        this.patches = Patches.scattering(type, lanes, shape);
        this.tile = Tile.largest(lanes);
        this.packing = PackKernels.of(type, tile);
        this.kernel = MicroKernels.warmPanel(type, tile);
        this.panels = Math.ceilDiv(shape.patch(), tile.columns());
        int fitting = PATCH_ELEMENTS / Math.max(1, panels * tile.columns());
        this.blockPixels = Math.clamp(fitting - fitting % tile.rows(), tile.rows(), 16 * tile.rows());
        // Lines are those of the outermost axis that has more than one.
        ConvShape.Axis outer = shape.depth().out() > 1 ? shape.depth() : shape.height().out() > 1 ? shape.height() : shape.width();
        int reach = outer.dilation() * (outer.kernel() - 1) + 1;
        this.bandLines = Math.max(LEAST_LINES, Math.ceilDiv(reach, outer.stride()));
        this.bands = Math.ceilDiv(outer.out(), bandLines);
        this.linePixels = outer.out() == 0 ? 0 : shape.imagePixels() / outer.out();
    }

    @Override
    public void run(Pool pool, Object gradient, int gradientOffset, Object kernel, int kernelOffset, Object result,
            int resultOffset, @Nullable PixelsDone done, @Nullable Derived derived) {
        int image = shape.batch() == 0 ? 0 : shape.inputPixels() / shape.batch() * shape.channels();
        pool.run(shape.batch(), (task, worker) -> Scratch.zero(result, resultOffset + task * image, resultOffset + (task + 1) * image));
        int depth = shape.groupFilters();
        Object packed = Scratch.borrow(type, panels * tile.columns() * depth);
        for (int group = 0; group < shape.groups() && shape.pixels() > 0 && depth > 0; group++) {
            int kernelAt = kernelOffset + group * depth;
            int gradientAt = gradientOffset + group * depth;
            int resultAt = resultOffset + group * shape.groupChannels();
            pool.run(panels, (panel, worker) -> pack(kernel, kernelAt, panel, packed));
            pool.run(shape.batch() * Math.ceilDiv(bands, 2),
                    (task, worker) -> band(gradient, gradientAt, packed, result, resultAt, task, 0));
            pool.run(shape.batch() * (bands / 2), (task, worker) -> band(gradient, gradientAt, packed, result, resultAt, task, 1));
        }
        Scratch.giveBack(type, packed);
        Convolution.report(pool, shape.inputPixels(), done);
    }

    private void pack(Object kernel, int kernelAt, int panel, Object packed) {
        int width = tile.columns();
        int columns = Math.min(width, shape.patch() - panel * width);
        int at = panel * width * shape.groupFilters();
        if (columns < width) {
            Scratch.zero(packed, at, at + width * shape.groupFilters());
        }
        packing.copy(kernel, kernelAt + panel * width * shape.filters(), 1, shape.filters(), packed, at, width,
                shape.groupFilters(), columns);
    }

    /** One band of one image; {@code odd} is 1 for the odd bands. */
    private void band(Object gradient, int gradientAt, Object packed, Object result, int resultAt, int task, int odd) {
        int perImage = (bands + 1 - odd) / 2;
        int image = task / perImage;
        int band = 2 * (task % perImage) + odd;
        int from = image * shape.imagePixels() + band * bandLines * linePixels;
        int to = Math.min((image + 1) * shape.imagePixels(), from + bandLines * linePixels);
        int stride = panels * tile.columns();
        Object gathered = Scratch.borrow(type, blockPixels * stride);
        for (int pixel = from; pixel < to; pixel += blockPixels) {
            int pixels = Math.min(blockPixels, to - pixel);
            for (int panel = 0; panel < panels; panel++) {
                multiply(gradient, gradientAt + pixel * shape.filters(), pixels, packed, panel, gathered, stride);
            }
            patches.move(result, resultAt, pixel, pixels, 0, shape.patch(), gathered, 0, stride);
        }
        Scratch.giveBack(type, gathered);
    }

    private void multiply(Object gradient, int gradientAt, int pixels, Object packed, int panel, Object gathered, int stride) {
        int panelAt = panel * tile.columns() * shape.groupFilters();
        for (int row = 0; row < pixels; row += tile.rows()) {
            int rows = Math.min(tile.rows(), pixels - row);
            // Too few rows are done together with rows before them, whose results are the same again.
            int first = Math.max(0, row + rows - tile.rows());
            int count = row + rows - first;
            Warm<MicroKernel> fitting = count == tile.rows() ? kernel
                    : MicroKernels.warmPanel(type, new Tile(tile.lanes(), count, tile.vectors()));
            fitting.kernel().run(gradient, gradientAt + first * shape.filters(), shape.filters(), packed, panelAt, 0, gathered,
                    first * stride + panel * tile.columns(), stride, shape.groupFilters(), 0, false);
        }
    }
}
