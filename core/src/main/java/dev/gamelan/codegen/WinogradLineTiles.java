package dev.gamelan.codegen;

/**
 * How the lines of a convolution's output are cut into tiles, and what lies under them. Where a kernel is dilated by d, each d-th pixel of a
 * line is a line by itself, as in {@link WinogradTiles}. Kernels of more taps than a tile can have are cut into pieces, each over inputs of
 * its own: the product adds them, as if they were more channels.
 *
 * @param along  the axis of the lines
 * @param beside how many lines an image has
 * @param acrossColumns whether lines are columns of pixels
 * @param piece taps of a piece
 */
record WinogradLineTiles(int images, ConvShape.Axis along, int beside, boolean acrossColumns, int channels, int filters,
        WinogradPoints points, int piece) {

    static WinogradLineTiles of(ConvShape shape, WinogradPoints points, int piece) {
        boolean columns = areColumns(shape);
        return new WinogradLineTiles(shape.batch() * shape.depth().out(), columns ? shape.height() : shape.width(),
                columns ? shape.width().out() : shape.height().out(), columns, shape.channels(), shape.filters(), points,
                piece);
    }

    private static boolean areColumns(ConvShape shape) {
        return shape.width().isPlain();
    }

    /** Whether a kernel is one line of taps. */
    static boolean fits(ConvShape shape) {
        boolean columns = areColumns(shape);
        ConvShape.Axis along = columns ? shape.height() : shape.width();
        return shape.groups() == 1 && shape.depth().isPlain() && (columns || shape.height().isPlain()) && along.kernel() > 1
                && along.stride() == 1;
    }

    /** Outputs of a tile. */
    int side() {
        return points.side(piece);
    }

    int pieces() {
        return Math.ceilDiv(along.kernel(), piece);
    }

    /** What the product sums for each tile and point. */
    int depth() {
        return pieces() * channels;
    }

    /** Tiles of a line. */
    int across() {
        return starts() * Math.ceilDiv(Math.ceilDiv(along.out(), along.dilation()), side());
    }

    private int starts() {
        return Math.min(along.dilation(), along.out());
    }

    int count() {
        return images * beside * across();
    }

    /** Whether pixels of the output follow each other as tiles do. */
    boolean isInOrder() {
        return along.dilation() == 1 && (!acrossColumns || beside == 1);
    }

    /** The first pixel of a tile, where tiles are in order. */
    int firstPixel(int tile) {
        return tile / across() * along.out() + Math.min(along.out(), tile % across() * side());
    }

    private int first(int tile) {
        return tile % starts() + tile / starts() * side() * along.dilation();
    }

    /** Pixels from one of a line to the next. */
    private int pixel() {
        return acrossColumns ? beside : 1;
    }

    /** Where a pixel of a line lies, in images of lines of so many. */
    private int at(int line, int pixel, int extent) {
        int within = line % beside;
        return line / beside * beside * extent + (acrossColumns ? pixel * beside + within : within * extent + pixel);
    }

    /**
     * Transforms the pixels under each piece of a tile to points {@code point} apart.
     *
     * @param number of the tile: line by line, over all images
     * @param patch for the pixels of a tile
     */
    void input(WinogradKernels.Transform transform, Object from, int offset, int number, Object to, int toAt, int point, Object patch,
            Object scratch) {
        int line = number / across();
        int first = first(number % across()) - along.pad();
        for (int i = 0; i < pieces(); i++) {
            input(transform, from, offset, line, first + i * piece * along.dilation(), to, toAt + i * channels, point, patch, scratch);
        }
    }

    /** The pixels of a line from {@code first} on, with zeros where there are none. */
    private void input(WinogradKernels.Transform transform, Object from, int offset, int line, int first, Object to, int toAt, int point,
            Object patch, Object scratch) {
        int count = points.count();
        int low = Math.clamp(Math.ceilDiv(-first, along.dilation()), 0, count);
        int high = Math.clamp(Math.ceilDiv(along.in() - first, along.dilation()), low, count);
        int at = offset + at(line, first, along.in()) * channels;
        int distance = along.dilation() * pixel() * channels;
        if (low == 0 && high == count) {
            transform.run(from, at, 0, distance, to, toAt, 0, point, scratch, channels);
            return;
        }
        Scratch.zero(patch, 0, count * channels);
        for (int i = low; i < high; i++) {
            System.arraycopy(from, at + i * distance, patch, i * channels, channels);
        }
        transform.run(patch, 0, 0, channels, to, toAt, 0, point, scratch, channels);
    }

    /**
     * Transforms a tile back, from points {@code point} apart.
     *
     * @param firstFilter of those that are there
     * @param count of these, at least {@link WinogradKernels#LEAST_CHANNELS}
     * @param number of the tile: line by line, over all images
     */
    void output(WinogradKernels.Transform transform, Object from, int fromAt, int point, Object result, int offset, int firstFilter,
            int count, int number, Object patch, Object scratch) {
        int first = first(number % across());
        int there = Math.clamp(Math.ceilDiv(along.out() - first, along.dilation()), 0, side());
        int at = offset + firstFilter + at(number / across(), first, along.out()) * filters;
        int distance = along.dilation() * pixel() * filters;
        if (there == side()) {
            transform.run(from, fromAt, 0, point, result, at, 0, distance, scratch, count);
            return;
        }
        transform.run(from, fromAt, 0, point, patch, 0, 0, count, scratch, count);
        for (int i = 0; i < there; i++) {
            System.arraycopy(patch, i * count, result, at + i * distance, count);
        }
    }
}
