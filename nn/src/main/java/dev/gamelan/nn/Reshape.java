package dev.gamelan.nn;

import dev.gamelan.shape.Shape;
import dev.gamelan.shape.ShapeException;
import dev.gamelan.tensor.Tensor;

/** Each example in another shape, with the same elements: (B, ...) -> (B, shape...). */
public record Reshape(Shape shape) implements Layer {

    @Override
    public Tensor apply(Scope scope, Tensor x) {
        Shape example = x.shape().slice(1, x.rank());
        if (example.size() != shape.size()) {
            throw ShapeException.of("reshape: an example has another number of elements",
                    example.size() + " elements for examples of " + example, shape + " with " + shape.size());
        }
        return x.reshape(Shape.of(x.dim(0)).concat(shape).dims());
    }
}
