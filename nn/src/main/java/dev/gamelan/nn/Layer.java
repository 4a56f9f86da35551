package dev.gamelan.nn;

import dev.gamelan.tensor.Tensor;

/**
 * A block from one tensor to one tensor, as nearly all are. The last axis holds the features.
 *
 * <p>Records make the best layers: their components are their hyper-parameters, and a model made of them can be saved
 * whole.
 */
@FunctionalInterface
public interface Layer extends Block<Tensor, Tensor> {

    /** This layer under a name of its own instead of a number: its weights are found under {@code name.}. */
    default Layer named(String name) {
        return new Named(name, this);
    }

    /** A layer with a fixed name. */
    record Named(String name, Layer layer) implements Layer {

        public Named {
            Names.check(name);
        }

        @Override
        public Tensor apply(Scope scope, Tensor x) {
            return layer.apply(scope, x);
        }

        @Override
        public Layer named(String other) {
            return new Named(other, layer);
        }

        @Override
        public String kind() {
            return layer.kind();
        }
    }
}
