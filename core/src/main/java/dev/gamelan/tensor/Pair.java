package dev.gamelan.tensor;

/** Two trees. A record of one's own with names for its components reads better; this is for what is generic. */
public record Pair<A extends Tree, B extends Tree>(A first, B second) implements Tree {}
