package dev.gamelan.nn;

import dev.gamelan.tensor.Tree;

/** What a training pass gives: the output, and the weights with the buffers that it moved. */
public record Pass<O extends Tree>(O output, Weights weights) implements Tree {}
