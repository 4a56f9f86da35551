package dev.gamelan.nn;

import dev.gamelan.shape.ShapeException;
import dev.gamelan.tensor.Tensor;

/** What layers demand of their hyper-parameters and inputs. */
final class Checks {

    private Checks() {}

    static int positive(String layer, String what, int value) {
        if (value < 1) {
            throw ShapeException.of(layer + ": " + what + " is too small", what + " of at least 1", Integer.toString(value));
        }
        return value;
    }

    static void features(String layer, Tensor x) {
        if (x.rank() < 2) {
            throw ShapeException.of(layer + ": there is no axis of features", "(batch, ..., features)", x.shape().toString());
        }
    }

    static void rank(String layer, String expected, int rank, Tensor x) {
        if (x.rank() != rank) {
            throw ShapeException.of(layer + ": wrong number of axes", expected, x.shape().toString());
        }
    }

    static double between(String layer, String what, double low, double high, double value) {
        if (!(value >= low && value <= high)) {
            throw new IllegalArgumentException(layer + ": " + what + " must be from " + low + " to " + high + "; received " + value);
        }
        return value;
    }
}
