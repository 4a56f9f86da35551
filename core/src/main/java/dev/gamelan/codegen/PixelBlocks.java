package dev.gamelan.codegen;

/**
 * The output's pixels, some at a time: some images, or else some lines of one, or else a part of a line.
 *
 * @param images of a block
 * @param lines of each image, or of a part of one
 * @param columns of each line
 */
record PixelBlocks(ConvShape shape, int images, int lines, int columns) {
    /** Pixels of a block: their gradients stay in the first-level cache. */
    private static final int PIXELS = 512;

    static PixelBlocks of(ConvShape shape, int mostImages) {
        int width = shape.width().out();
        if (shape.pixels() == 0) {
            return new PixelBlocks(shape, 1, 0, 0);
        }
        if (shape.imagePixels() <= PIXELS / 2) {
            return new PixelBlocks(shape, Math.clamp(PIXELS / shape.imagePixels(), 1, mostImages),
                    shape.depth().out() * shape.height().out(), width);
        }
        return new PixelBlocks(shape, 1, Math.clamp(PIXELS / width, 1, shape.height().out()), Math.min(width, PIXELS));
    }

    /** Whether blocks have several images. */
    boolean hasImages() {
        return images > 1;
    }

    /** Pixels of a block, at most. */
    int most() {
        return images * lines * columns;
    }

    /** Blocks of so many images. */
    int count(int ofImages) {
        return hasImages() ? Math.ceilDiv(ofImages, images) : ofImages * shape.depth().out() * down() * across();
    }

    /** The first pixel of a block. */
    int first(int number) {
        if (hasImages()) {
            return number * images * shape.imagePixels();
        }
        int line = number / across() / down() * shape.height().out() + number / across() % down() * lines;
        return line * shape.width().out() + number % across() * columns;
    }

    /** Pixels of a block of so many images. */
    int size(int number, int ofImages) {
        if (hasImages()) {
            return Math.min(images, ofImages - number * images) * shape.imagePixels();
        }
        int h = number / across() % down() * lines;
        int w = number % across() * columns;
        return Math.min(lines, shape.height().out() - h) * Math.min(columns, shape.width().out() - w);
    }

    private int across() {
        return Math.ceilDiv(shape.width().out(), columns);
    }

    private int down() {
        return Math.ceilDiv(shape.height().out(), lines);
    }
}
