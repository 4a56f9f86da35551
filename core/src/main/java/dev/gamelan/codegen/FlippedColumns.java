package dev.gamelan.codegen;

/** The flipped and transposed kernel of an input's gradient, tap by tap, as the right operand of a product with patches. */
final class FlippedColumns implements RightColumns {
    private final ConvShape shape;
    private final PackKernels packing;

    /** @param shape of the convolution itself */
    FlippedColumns(Lanes lanes, ElementType type, ConvShape shape) {
        this.shape = shape;
        this.packing = PackKernels.of(type, Tile.largest(lanes));
    }

    @Override
    public void copy(Object from, int offset, int inner, int depth, int column, int columns, Object to, int toOffset, int toStride) {
        int filters = shape.groupFilters();
        int end = inner + depth;
        for (int i = inner; i < end;) {
            int count = Math.min(filters - i % filters, end - i);
            int tap = shape.taps() - 1 - i / filters;
            packing.copy(from, offset + (tap * shape.groupChannels() + column) * shape.filters() + i % filters, 1, shape.filters(), to,
                    toOffset + (i - inner) * toStride, toStride, count, columns);
            i += count;
        }
    }
}
