package dev.gamelan.nn;

import dev.gamelan.tensor.Tensor;

/** A layer over sequences (B, T, features) that also takes sequences of different lengths. */
public interface SequenceLayer extends Layer {

    @Override
    Tensor apply(Scope scope, Tensor x);

    /** Each sequence as if it were alone. */
    Padded apply(Scope scope, Padded x);

    /** This layer for sequences of different lengths. */
    default Block<Padded, Padded> padded() {
        return new OfPadded(this);
    }

    /** See {@link #padded}. */
    record OfPadded(SequenceLayer layer) implements Block<Padded, Padded> {

        @Override
        public Padded apply(Scope scope, Padded x) {
            return layer.apply(scope, x);
        }

        @Override
        public String kind() {
            return layer.kind();
        }
    }
}
