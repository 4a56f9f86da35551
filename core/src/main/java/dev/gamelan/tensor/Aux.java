package dev.gamelan.tensor;

/** A scalar to differentiate, and something else to bring out. */
public record Aux<X extends Tree>(Tensor value, X aux) implements Tree {}
