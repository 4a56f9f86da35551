package dev.gamelan.pass;

import dev.gamelan.ir.Graph;

/** A rewrite that keeps what a program computes. */
public interface Pass {

    String name();

    Graph apply(Graph graph);
}
