package dev.gamelan.ir;

import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;

/** What is known of a value before it is computed. */
public record Type(DType dtype, Shape shape) {

    public Type with(Shape newShape) {
        return new Type(dtype, newShape);
    }

    public Type with(DType newDType) {
        return new Type(newDType, shape);
    }

    /** What all elements take in memory. */
    public long bytes() {
        return shape.size() * dtype.bytes();
    }

    /** Such as {@code FLOAT32(2, 3)}. */
    @Override
    public String toString() {
        return dtype + shape.toString();
    }
}
