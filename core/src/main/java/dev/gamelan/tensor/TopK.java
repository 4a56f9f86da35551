package dev.gamelan.tensor;

import dev.gamelan.shape.ShapeException;

/**
 * The k largest elements along an axis.
 *
 * @param values largest first
 * @param indices INT32, where they were
 */
public record TopK(Tensor values, Tensor indices) implements Tree {

    static TopK of(Tensor x, int k, int axis) {
        if (k < 0 || k > x.dim(axis)) {
            throw ShapeException.of("topK: not that many elements", "k from 0 to " + x.dim(axis), "k = " + k
                    + " along axis " + axis + " of " + x.shape());
        }
        Tensor indices = Indexing.argsortDescending(x, axis).slice(axis, 0, k);
        return new TopK(x.takeAlong(axis, indices), indices);
    }
}
