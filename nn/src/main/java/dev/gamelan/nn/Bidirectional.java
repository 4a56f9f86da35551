package dev.gamelan.nn;

import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.Tensors;

/**
 * A recurrent layer and its like that reads from the end, side by side (Schuster and Paliwal, 1997). The two have weights
 * of their own, under {@code forward} and {@code backward}; features of the first come first. The last outputs alone are
 * those after reading everything: the backward layer's stands at the sequence's start.
 */
public record Bidirectional(Recurrent layer) implements SequenceLayer {

    /** x: (B, T, in) -> (B, T, 2 units), or the last outputs (B, 2 units). */
    @Override
    public Tensor apply(Scope scope, Tensor x) {
        return Tensors.concat(-1, scope.call("forward", layer, x), scope.call("backward", layer.reversed(), x));
    }

    /** x: (B, T, in) -> (B, T, 2 units) with zeros behind the ends. */
    @Override
    public Padded apply(Scope scope, Padded x) {
        Padded forward = scope.call("forward", layer.padded(), x);
        Padded backward = scope.call("backward", layer.reversed().padded(), x);
        return new Padded(Tensors.concat(-1, forward.values(), backward.values()), x.lengths());
    }
}
