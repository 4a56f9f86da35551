package dev.gamelan.tensor;

/** A function's value at one argument, and the way back from gradients of the value to gradients of the argument. */
public interface Pullback<A extends Tree, B extends Tree> {

    B value();

    /** The gradient of {@code sum(value * gradient)}; it may be asked for many gradients. */
    A apply(B gradient);
}
