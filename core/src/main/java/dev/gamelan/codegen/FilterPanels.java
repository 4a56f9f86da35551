package dev.gamelan.codegen;

/**
 * A convolution's kernel as panels, one for each tile of filters: its rows, one for each element under the kernel, follow each other. The last panel has some
 * filters of the one before it again where filters do not fill it, and zeros behind them where there is no panel before it.
 *
 * @param patch elements under the kernel
 * @param width of a panel
 */
record FilterPanels(int patch, int filters, int width) {

    /** As many as filters, or as a panel has. */
    int columns() {
        return Math.max(filters, width);
    }

    int elements() {
        return patch * Math.ceilDiv(columns(), width) * width;
    }

    /** The first filter of the panel that is for those from {@code column} on, which begins with element {@code column * patch}. */
    int firstFilter(int column) {
        return Math.min(column, columns() - width);
    }

    /** @param distance of the kernel's rows */
    void pack(Object kernel, int from, int distance, Object to, int at) {
        int count = Math.min(width, filters);
        int row = at;
        for (int column = 0; column < columns(); column += width) {
            for (int i = 0; i < patch; i++, row += width) {
                System.arraycopy(kernel, from + i * distance + firstFilter(column), to, row, count);
                if (count < width) {
                    Scratch.zero(to, row + count, row + width);
                }
            }
        }
    }
}
