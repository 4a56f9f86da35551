package dev.gamelan.codegen;

/** A {@link StripKernel} until that is compiled: {@link PlainKernel}, tile by tile. */
record PlainStrip(int rows) implements StripKernel {

    @Override
    public void run(Object a, int aOffset, int aRow, Object b, int bOffset, int bRow, Object c, int cOffset, int cRow, int depth,
            int columns,
            int count) {
        MicroKernel tile = new PlainKernel(rows, columns);
        for (int own = 0; own < count; own += rows) {
            int row = Math.min(own, count - rows);
            tile.run(a, aOffset + row * aRow, aRow, b, bOffset, bRow, c, cOffset + row * cRow, cRow, depth, columns);
        }
    }
}
