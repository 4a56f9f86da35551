package dev.gamelan.codegen;

/** What was computed apart: a part of a tile that belongs into a matrix. */
final class TileSums {

    private TileSums() {
    }

    /**
     * Copies or adds some columns of rows.
     *
     * @param stride from a row of {@code from} to the next
     * @param toStride from a row of {@code to} to the next
     */
    static void move(Object from, int at, int stride, int rows, int columns, Object to, int toAt, int toStride, boolean add) {
        for (int r = 0; r < rows; r++) {
            int source = at + r * stride;
            int target = toAt + r * toStride;
            if (!add) {
                System.arraycopy(from, source, to, target, columns);
            } else if (to instanceof float[] floats) {
                add((float[]) from, source, floats, target, columns);
            } else {
                add((double[]) from, source, (double[]) to, target, columns);
            }
        }
    }

    private static void add(float[] from, int at, float[] to, int toAt, int count) {
        for (int i = 0; i < count; i++) {
            to[toAt + i] += from[at + i];
        }
    }

    private static void add(double[] from, int at, double[] to, int toAt, int count) {
        for (int i = 0; i < count; i++) {
            to[toAt + i] += from[at + i];
        }
    }
}
