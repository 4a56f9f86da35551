package dev.gamelan.codegen;

import java.util.Optional;

/**
 * Which convolutions are done by {@link Winograd} and its kin, with how many points: by extents, the element type and whether the kernel
 * stays the same, alone. Costs are in multiply-adds for each pair of channels, fitted to measurements.
 */
final class WinogradChoice {
    /** Transformed elements of a kernel that stay in cache. */
    private static final int CACHED_KERNEL = 1024 * 1024;
    /** What an element of a kernel costs that comes from memory. */
    private static final double READ = 20;
    /** What an element of a transformed kernel costs that goes to memory and comes back. */
    private static final double TRANSFORMED = 110;
    /** What an element of a kernel costs that {@link WinogradByParts} transforms in cache. */
    private static final double IN_PARTS = 35;
    /** What products of lines sum at most: a panel and some tiles stay in the second-level cache. */
    private static final int MOST_DEPTH = 4096;
    /** How much faster something has to be that needs more memory. */
    private static final double WORTH_ITS_MEMORY = 0.9;

    private WinogradChoice() {
    }

    /** Whether a convolution can be done in this way at all. */
    static boolean fits(ElementType type, ConvShape shape) {
        return type == ElementType.FLOAT && shape.groups() == 1 && shape.depth().isPlain() && hasFewTaps(shape.height())
                && hasFewTaps(shape.width()) && shape.height().kernel() == shape.width().kernel()
                && Math.min(shape.channels(), shape.filters()) >= WinogradKernels.LEAST_CHANNELS;
    }

    /** So few that a tile has more than one output. */
    private static boolean hasFewTaps(ConvShape.Axis axis) {
        return axis.kernel() > 1 && axis.kernel() < WinogradPoints.MOST && axis.stride() == 1;
    }

    /**
     * The points with which it is faster than the direct sum, if there are such.
     *
     * @param kept whether the kernel stays the same, and so does its transformed form
     */
    static Optional<WinogradPoints> of(ElementType type, ConvShape shape, boolean kept) {
        if (!fits(type, shape)) {
            return Optional.empty();
        }
        if (isLarge(shape)) {
            return ofLargeKernel(shape, kept);
        }
        double pairs = 600.0 / shape.filters() + 600.0 / shape.channels();
        double transformed = WinogradTiles.count(WinogradPoints.SIX, shape) * (38 + pairs) + 500;
        return transformed < (double) shape.taps() * shape.pixels() ? Optional.of(WinogradPoints.SIX) : Optional.empty();
    }

    /** Transformed kernels come from memory, and the fewest points are the fewest elements. */
    private static Optional<WinogradPoints> ofLargeKernel(ConvShape shape, boolean kept) {
        double least = directSum(shape);
        Optional<WinogradPoints> best = Optional.empty();
        for (WinogradPoints points : new WinogradPoints[] {WinogradPoints.FOUR, WinogradPoints.SIX}) {
            if (points.side(shape.width().kernel()) > 1) {
                double cost = cost(points, shape, kept ? READ : TRANSFORMED);
                if (cost < WORTH_ITS_MEMORY * least) {
                    least = cost;
                    best = Optional.of(points);
                }
            }
        }
        return best;
    }

    /** Whether a convolution can be done by {@link WinogradLines} at all. */
    static boolean fitsLines(ElementType type, ConvShape shape) {
        return type == ElementType.FLOAT && WinogradLineTiles.fits(shape)
                && Math.min(shape.channels(), shape.filters()) >= WinogradKernels.LEAST_CHANNELS;
    }

    /** The points and pieces with which {@link WinogradLines} is faster than the direct sum, if there are such. */
    static Optional<WinogradLineTiles> ofLines(ElementType type, ConvShape shape, boolean kept) {
        if (!fitsLines(type, shape)) {
            return Optional.empty();
        }
        double least = WORTH_ITS_MEMORY * shape.taps() * (1.2 * shape.pixels() + (isLarge(shape.taps(), shape) ? READ : 0));
        Optional<WinogradLineTiles> best = Optional.empty();
        for (WinogradPoints points : WinogradPoints.values()) {
            for (int piece = 2; piece <= Math.min(shape.taps(), points.count() - 1); piece++) {
                WinogradLineTiles tiles = WinogradLineTiles.of(shape, points, piece);
                double cost = cost(tiles, shape, kept);
                if (cost < least && tiles.depth() <= MOST_DEPTH) {
                    least = cost;
                    best = Optional.of(tiles);
                }
            }
        }
        return best;
    }

    private static double cost(WinogradLineTiles tiles, ConvShape shape, boolean kept) {
        int elements = tiles.points().count() * tiles.pieces();
        boolean isLarge = isLarge(elements, shape);
        double element = kept ? isLarge ? READ : READ / 4 : isLarge ? TRANSFORMED : TRANSFORMED / 8;
        double pairs = (double) shape.channels() * shape.filters();
        double products = 1.22 * elements + 1600 * tiles.points().count() / pairs;
        double transforms = 21 * ((double) tiles.pieces() / shape.filters() + 1.0 / shape.channels()) + 640 * (tiles.pieces() + 1) / pairs;
        return tiles.count() * (products + transforms) + elements * element + 100;
    }

    /** Whether {@link WinogradByParts}, with six points, is faster than the direct sum and than a kernel transformed at once. */
    static boolean isByParts(ElementType type, ConvShape shape, boolean kept) {
        if (kept || !fits(type, shape) || !isLarge(shape) || !WinogradByParts.fits(shape)) {
            return false;
        }
        double cost = cost(WinogradPoints.SIX, shape, IN_PARTS * WinogradByParts.blocks(WinogradPoints.SIX, shape));
        return cost < WORTH_ITS_MEMORY * directSum(shape) && cost < cost(WinogradPoints.SIX, shape, TRANSFORMED);
    }

    private static boolean isLarge(ConvShape shape) {
        return isLarge(WinogradPoints.SIX.square(), shape);
    }

    /** @param elements for each pair of channels */
    private static boolean isLarge(int elements, ConvShape shape) {
        return (long) elements * shape.channels() * shape.filters() > CACHED_KERNEL;
    }

    private static double directSum(ConvShape shape) {
        return shape.taps() * (1.2 * shape.pixels() + READ);
    }

    /** @param element of the transformed kernel */
    private static double cost(WinogradPoints points, ConvShape shape, double element) {
        return WinogradTiles.count(points, shape) * ofTile(points, shape) + points.square() * element;
    }

    /** The products, and the transforms of inputs and outputs, which pairs share. */
    private static double ofTile(WinogradPoints points, ConvShape shape) {
        double pairs = 1.0 / shape.filters() + 1.0 / shape.channels();
        return switch (points) {
            case FOUR -> 23.5 + 275 * pairs;
            case SIX -> 62 + 1050 * pairs;
        };
    }
}
