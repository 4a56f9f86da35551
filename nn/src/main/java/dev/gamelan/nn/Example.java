package dev.gamelan.nn;

import dev.gamelan.tensor.Tree;

/** One example: what goes in, and what should come out. */
public record Example<I extends Tree, T extends Tree>(I input, T target) implements Tree {}
