/** Shapes, element types and the errors that speak of them: the vocabulary of every other package. */
@NullMarked
package dev.gamelan.shape;

import org.jspecify.annotations.NullMarked;
