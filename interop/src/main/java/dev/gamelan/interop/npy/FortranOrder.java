package dev.gamelan.interop.npy;

import dev.gamelan.shape.Shape;

/** Column-major values, as Fortran and MATLAB keep them, in row-major order. */
final class FortranOrder {

    private FortranOrder() {}

    /** Fills the array {@code rows}, and returns it. */
    static Object toRows(Shape shape, Object columns, Object rows) {
        int[] strides = new int[shape.rank()];
        int stride = 1;
        for (int axis = 0; axis < strides.length; axis++) {
            strides[axis] = stride;
            stride *= shape.dim(axis);
        }
        int[] index = new int[shape.rank()];
        for (int i = 0; i < shape.length(); i++) {
            int from = 0;
            for (int axis = 0; axis < index.length; axis++) {
                from += index[axis] * strides[axis];
            }
            System.arraycopy(columns, from, rows, i, 1);
            next(index, shape);
        }
        return rows;
    }

    private static void next(int[] index, Shape shape) {
        for (int axis = index.length - 1; axis >= 0; axis--) {
            if (++index[axis] < shape.dim(axis)) {
                return;
            }
            index[axis] = 0;
        }
    }
}
