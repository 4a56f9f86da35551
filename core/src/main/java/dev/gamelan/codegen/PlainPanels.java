package dev.gamelan.codegen;

/** As {@link PlainKernel}, for packed panels next to each other, whose distance is that of the rows of B. */
record PlainPanels(int columns, PlainKernel panel) implements MicroKernel {

    /** @param width columns of a panel, of which {@code columns} is a multiple */
    PlainPanels(int rows, int columns, int width) {
        this(columns, new PlainKernel(rows, width, width));
    }

    @Override
    public void run(Object a, int aOffset, int aRow, Object b, int bOffset, int bRow, Object c, int cOffset, int cRow, int depth,
            int columnsOfLast) {
        int width = panel.width();
        for (int column = 0; column < columns; column += width) {
            panel.run(a, aOffset, aRow, b, bOffset + column / width * bRow, width, c, cOffset + column, cRow, depth, width);
        }
    }
}
