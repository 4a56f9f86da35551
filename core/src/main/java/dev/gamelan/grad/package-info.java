/** Derivatives and vectorization: from nodes to new nodes, by one exhaustive switch over the operations each. */
@NullMarked
package dev.gamelan.grad;

import org.jspecify.annotations.NullMarked;
