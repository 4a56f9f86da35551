package dev.gamelan.tensor;

/** A scalar function's value, its gradient, and what else it brought out. */
public record GradedAux<A extends Tree, X extends Tree>(Tensor value, A gradient, X aux) implements Tree {}
