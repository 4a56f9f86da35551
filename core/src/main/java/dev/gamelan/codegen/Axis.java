package dev.gamelan.codegen;

import dev.gamelan.shape.Shape;

/** A shape around one axis: {@code outer x extent x inner}. */
record Axis(int outer, int extent, int inner) {

    static Axis of(Shape shape, int axis) {
        return new Axis((int) shape.slice(0, axis).size(), shape.dim(axis), (int) shape.slice(axis + 1, shape.rank()).size());
    }

    /** Lines along the axis. */
    int lines() {
        return outer * inner;
    }

    /** Where a line begins. */
    int start(int line) {
        return line / inner * extent * inner + line % inner;
    }
}
