package dev.gamelan.codegen;

/**
 * How a convolution's output is cut into tiles, rows of them one below the other over all images, and what lies under them.
 *
 * <p>Where a kernel is dilated by d, each d-th line and column is a convolution by itself, without a dilation: tiles have every d-th pixel, and
 * rows of tiles begin at one of the first d lines after the other.
 */
final class WinogradTiles {
    private final ConvShape shape;
    private final int points;
    private final WinogradKernels.Squares input;
    private final WinogradKernels.Squares output;
    /** Outputs on one axis of a tile. */
    private final int side;
    private final int across;
    private final int down;

    WinogradTiles(Lanes lanes, ElementType type, ConvShape shape, WinogradPoints points) {
        this.shape = shape;
        this.points = points.count();
        this.input = points.input().of(type, lanes);
        this.side = points.side(shape.width().kernel());
        this.output = points.results(side).of(type, lanes);
        this.across = tiles(shape.width(), side);
        this.down = tiles(shape.height(), side);
    }

    /** Tiles along an axis. */
    private static int tiles(ConvShape.Axis axis, int side) {
        int dilation = axis.dilation();
        return Math.min(dilation, axis.out()) * Math.ceilDiv(Math.ceilDiv(axis.out(), dilation), side);
    }

    /** The first output of a tile along an axis. */
    private int first(ConvShape.Axis axis, int tile) {
        int starts = Math.min(axis.dilation(), axis.out());
        return tile % starts + tile / starts * side * axis.dilation();
    }

    /** How many outputs of a tile are there, from its first on. */
    private int there(ConvShape.Axis axis, int first) {
        return Math.clamp(Math.ceilDiv(axis.out() - first, axis.dilation()), 0, side);
    }

    /** Tiles of all images. */
    static int count(WinogradPoints points, ConvShape shape) {
        int side = points.side(shape.width().kernel());
        return shape.batch() * shape.depth().out() * tiles(shape.height(), side) * tiles(shape.width(), side);
    }

    /** Outputs on one axis of a tile. */
    int side() {
        return side;
    }

    /** The distance of two points: a cache line more than what lies between, so that the points of a tile fall into different sets. */
    static int apart(int elements) {
        return elements + 16;
    }

    int across() {
        return across;
    }

    /** Tiles of all images. */
    int count() {
        return rows() * across;
    }

    /** Rows of tiles in one image. */
    int down() {
        return down;
    }

    /** Rows of tiles in all images. */
    int rows() {
        return shape.batch() * shape.depth().out() * down;
    }

    /** The first pixel of the output in a row of tiles, where these follow each other: the kernel is not dilated. */
    int firstPixel(int tileRow) {
        int line = tileRow / down * shape.height().out() + tileRow % down * side;
        return line * shape.width().out();
    }

    /** Where the inputs of a tile's row begin, but for a line or two that it shares with another, where the kernel is not dilated. */
    int firstInput(int tile) {
        return lines(tile / across, 0);
    }

    /** Where the inputs of the last row before the tile {@code end} end, but for a line or two. */
    int lastInput(int end) {
        return lines((end - 1) / across, side);
    }

    private int lines(int tileRow, int more) {
        int line = tileRow / down * shape.height().in() + tileRow % down * side + more;
        return Math.min(line, shape.batch() * shape.depth().in() * shape.height().in()) * shape.width().in() * shape.channels();
    }

    /**
     * Transforms one tile to points {@code point} apart.
     *
     * @param number of the tile: row by row, over all images
     * @param patch for the pixels of a tile
     * @param scratch of {@link WinogradKernels#SCRATCH} elements
     */
    void input(Object image, int imageOffset, int number, Object inputs, int inputsAt, int point, Object patch, Object scratch) {
        int tileRow = number / across;
        int y = first(shape.height(), tileRow % down) - shape.height().pad();
        int x = first(shape.width(), number % across) - shape.width().pad();
        int plane = shape.height().in() * shape.width().in() * shape.channels();
        square(input.now(), points, image, imageOffset + tileRow / down * plane, shape.height().in(), shape.width().in(),
                shape.channels(), y, x, shape.height().dilation(), shape.width().dilation(), inputs, inputsAt, points * point, point, patch,
                scratch, shape.channels());
    }

    /** As the other, of pixels beside each other. */
    static void square(WinogradKernels.Transform transform, int n, Object from, int at, int height, int width, int apart, int y, int x,
            Object to, int toAt, int toRow, int toColumn, Object patch, Object scratch, int count) {
        square(transform, n, from, at, height, width, apart, y, x, 1, 1, to, toAt, toRow, toColumn, patch, scratch, count);
    }

    /**
     * Transforms a square of n x n pixels from (y, x) on, with zeros where there are none.
     *
     * @param down   lines from one pixel to the next
     * @param across columns from one pixel to the next
     * @param at where the plane of the pixels begins, or some of its channels
     * @param apart the distance of two pixels
     * @param patch for the pixels of a square
     * @param count of the channels that are transformed
     */
    private static void square(WinogradKernels.Transform transform, int n, Object from, int at, int height, int width, int apart, int y,
            int x, int down, int across, Object to, int toAt, int toRow, int toColumn, Object patch, Object scratch, int count) {
        int line = down * width * apart;
        int pixel = across * apart;
        int first = at + (y * width + x) * apart;
        if (y >= 0 && y + (n - 1) * down < height && x >= 0 && x + (n - 1) * across < width) {
            transform.run(from, first, line, pixel, to, toAt, toRow, toColumn, scratch, count);
            return;
        }
        for (int i = 0; i < n; i++) {
            boolean inside = y + i * down >= 0 && y + i * down < height;
            int low = inside ? Math.clamp(Math.ceilDiv(-x, across), 0, n) : n;
            int high = inside ? Math.clamp(Math.ceilDiv(width - x, across), low, n) : n;
            int row = i * n * count;
            Scratch.zero(patch, row, row + low * count);
            if (low < high && count == pixel) {
                System.arraycopy(from, first + i * line + low * pixel, patch, row + low * count, (high - low) * count);
            } else {
                for (int j = low; j < high; j++) {
                    System.arraycopy(from, first + i * line + j * pixel, patch, row + j * count, count);
                }
            }
            Scratch.zero(patch, row + high * count, row + n * count);
        }
        transform.run(patch, 0, n * count, count, to, toAt, toRow, toColumn, scratch, count);
    }

    /**
     * Transforms one tile back, from points {@code point} apart.
     *
     * @param first of its filters that are there
     * @param count of these, at least {@link WinogradKernels#LEAST_CHANNELS}
     * @param number of the tile: row by row, over all images
     * @param patch for the outputs of a tile
     * @param scratch of {@link WinogradKernels#SCRATCH} elements
     */
    void output(Object outputs, int outputsAt, int point, Object result, int resultOffset, int first, int count, int number, Object patch,
            Object scratch) {
        int tileRow = number / across;
        int y = first(shape.height(), tileRow % down);
        int x = first(shape.width(), number % across);
        int rows = there(shape.height(), y);
        int columns = there(shape.width(), x);
        int line = shape.height().dilation() * shape.width().out() * shape.filters();
        int pixel = shape.width().dilation() * shape.filters();
        int at = resultOffset + first + ((tileRow / down * shape.height().out() + y) * shape.width().out() + x) * shape.filters();
        if (rows == side && columns == side) {
            output.now().run(outputs, outputsAt, points * point, point, result, at, line, pixel, scratch, count);
        } else {
            output.now().run(outputs, outputsAt, points * point, point, patch, 0, side * count, count, scratch, count);
            for (int i = 0; i < rows * columns; i++) {
                System.arraycopy(patch, (i / columns * side + i % columns) * count, result, at + i / columns * line + i % columns * pixel,
                        count);
            }
        }
    }
}
