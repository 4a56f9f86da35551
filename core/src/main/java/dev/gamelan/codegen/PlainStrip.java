package dev.gamelan.codegen;

/** A {@link StripKernel} until that is compiled: {@link PlainKernel}, tile by tile, all vectors but the last and then that. */
record PlainStrip(Tile tile) implements StripKernel {

    @Override
    public void run(Object a, int aOffset, int aRow, Object b, int bOffset, int bRow, Object c, int cOffset, int cRow, int depth,
            int columns, int count) {
        int last = tile.lanes().count();
        int before = tile.columns() - last;
        for (int own = 0; own < count; own += tile.rows()) {
            int row = Math.min(own, count - tile.rows());
            int aAt = aOffset + row * aRow;
            int cAt = cOffset + row * cRow;
            if (before > 0) {
                new PlainKernel(tile.rows(), before, tile.columns()).run(a, aAt, aRow, b, bOffset, 0, c, cAt, cRow, depth, before);
            }
            new PlainKernel(tile.rows(), last, tile.columns())
                    .run(a, aAt, aRow, b, bOffset + before, 0, c, cAt + columns - last, cRow, depth, last);
        }
    }
}
