package dev.gamelan.nn;

import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.Tree;

/**
 * How wrong an output is.
 *
 * @param <O> what the model gives
 * @param <T> what it should give
 */
@FunctionalInterface
public interface Loss<O extends Tree, T extends Tree> {

    /** One number per example (B), or per position, or a scalar: the mean is taken. */
    Tensor apply(O output, T target);
}
