package dev.gamelan.tensor;

/** A function's value, and how fast it changes as the argument moves along a tangent. */
public record Dual<B extends Tree>(B value, B tangent) implements Tree {}
