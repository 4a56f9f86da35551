package dev.gamelan.codegen.reference;

import dev.gamelan.shape.Shape;

/** Walks over the elements of a shape. */
final class Grid {

    private Grid() {}

    interface Visitor {
        /** The index belongs to the walk: it changes with the next step. */
        void visit(int[] index, int position);
    }

    /** Visits every element in row-major order; a scalar has one, with an empty index. */
    static void forEach(Shape shape, Visitor visitor) {
        int[] index = new int[shape.rank()];
        int length = shape.length();
        for (int position = 0; position < length; position++) {
            visitor.visit(index, position);
            for (int axis = index.length - 1; axis >= 0 && ++index[axis] == shape.dim(axis); axis--) {
                index[axis] = 0;
            }
        }
    }

    /** The place of an element in row-major order. */
    static int position(int[] index, int[] strides) {
        int position = 0;
        for (int axis = 0; axis < index.length; axis++) {
            position += index[axis] * strides[axis];
        }
        return position;
    }
}
