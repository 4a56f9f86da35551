/** The interpreter of graphs in plain loops: the meaning of every operation, and the oracle of every other backend. */
@NullMarked
package dev.gamelan.codegen.reference;

import org.jspecify.annotations.NullMarked;
