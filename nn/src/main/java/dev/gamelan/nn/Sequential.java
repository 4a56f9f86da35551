package dev.gamelan.nn;

import dev.gamelan.tensor.Tensor;
import java.util.List;

/**
 * Layers one after the other. Each gets the name it was pinned to, else its kind and a number that counts from 1 within
 * the kind, so inserting an activation renames nothing.
 */
public record Sequential(List<Layer> layers) implements Layer {

    public Sequential {
        layers = List.copyOf(layers);
    }

    @Override
    public Tensor apply(Scope scope, Tensor x) {
        List<String> names = Names.number(layers);
        Tensor result = x;
        for (int i = 0; i < layers.size(); i++) {
            result = scope.call(names.get(i), layers.get(i), result);
        }
        return result;
    }
}
