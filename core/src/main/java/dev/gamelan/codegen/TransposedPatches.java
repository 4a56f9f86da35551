package dev.gamelan.codegen;

/** Patches with pixels along the rows: the left operand of the product that gives the gradient of the kernel. */
final class TransposedPatches implements LeftRows {
    /** Pixels that are gathered before they are transposed, so that both stay in cache. */
    private static final int PIXELS = 64;

    private final ElementType type;
    private final Patches patches;
    private final PackKernels packing;

    TransposedPatches(ElementType type, Lanes lanes, ConvShape shape) {
        this.type = type;
        this.patches = Patches.gathering(type, lanes, shape);
        this.packing = PackKernels.of(type, Tile.largest(lanes));
    }

    @Override
    public void copy(Object from, int offset, int row, int rows, int inner, int depth, Object to, int toOffset, int toStride) {
        int stride = rows + SLACK;
        Object gathered = Scratch.borrow(type, PIXELS * stride);
        for (int pixel = 0; pixel < depth; pixel += PIXELS) {
            int pixels = Math.min(PIXELS, depth - pixel);
            patches.move(from, offset, inner + pixel, pixels, row, rows, gathered, 0, stride);
            packing.copy(gathered, 0, 1, stride, to, toOffset + pixel, toStride, rows, pixels);
        }
        Scratch.giveBack(type, gathered);
    }
}
