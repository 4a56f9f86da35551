package dev.gamelan.tensor;

/** A scalar function's value, and its gradient, which has the type of the argument. */
public record Graded<A extends Tree>(Tensor value, A gradient) implements Tree {}
