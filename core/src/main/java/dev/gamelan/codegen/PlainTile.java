package dev.gamelan.codegen;

/**
 * A {@link DirectTile} without a kernel of its own, as {@link PlainKernel} is a product.
 *
 * @param distance    of the rows of A
 * @param placedRight whether places are those of the rows of B
 * @param adds        whether it adds to C
 */
record PlainTile(int rows, int columns, int distance, boolean placedRight, boolean adds) implements DirectTile {

    @Override
    public void run(Object a, int aOffset, int[] places, Object b, int bOffset, int bStep, Object c, int cOffset, int cStep, int depth) {
        if (c instanceof float[] floats && EarlyTile.fits(columns)) {
            EarlyTile.run(rows, columns, (float[]) a, aOffset, distance, placedRight ? bStep : 0, placedRight ? 0 : 1, places, (float[]) b,
                    bOffset, placedRight ? 0 : bStep, placedRight ? 1 : 0, floats, cOffset, cStep, depth, adds);
        } else if (c instanceof float[] floats) {
            float[] sums = new float[rows * columns];
            multiply((float[]) a, aOffset, places, (float[]) b, bOffset, bStep, sums, depth);
            for (int i = 0; i < sums.length; i++) {
                int at = cOffset + i / columns * cStep + i % columns;
                floats[at] = adds ? floats[at] + sums[i] : sums[i];
            }
        } else {
            double[] doubles = (double[]) c;
            double[] sums = new double[rows * columns];
            multiply((double[]) a, aOffset, places, (double[]) b, bOffset, bStep, sums, depth);
            for (int i = 0; i < sums.length; i++) {
                int at = cOffset + i / columns * cStep + i % columns;
                doubles[at] = adds ? doubles[at] + sums[i] : sums[i];
            }
        }
    }

    private void multiply(float[] a, int aOffset, int[] places, float[] b, int bOffset, int bStep, float[] sums, int depth) {
        for (int i = 0; i < depth; i++) {
            int left = aOffset + (placedRight ? i * bStep : places[i]);
            int right = bOffset + (placedRight ? places[i] : i * bStep);
            for (int row = 0; row < rows; row++) {
                PlainKernel.addScaled(a[left + row * distance], b, right, sums, row * columns, columns);
            }
        }
    }

    private void multiply(double[] a, int aOffset, int[] places, double[] b, int bOffset, int bStep, double[] sums, int depth) {
        for (int i = 0; i < depth; i++) {
            int left = aOffset + (placedRight ? i * bStep : places[i]);
            int right = bOffset + (placedRight ? places[i] : i * bStep);
            for (int row = 0; row < rows; row++) {
                PlainKernel.addScaled(a[left + row * distance], b, right, sums, row * columns, columns);
            }
        }
    }
}
