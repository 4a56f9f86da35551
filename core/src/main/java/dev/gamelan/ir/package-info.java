/** The graph: operations, nodes, and whole programs made of them. Nothing here computes a value. */
@NullMarked
package dev.gamelan.ir;

import org.jspecify.annotations.NullMarked;
