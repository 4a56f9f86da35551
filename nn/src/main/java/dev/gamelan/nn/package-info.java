/** Layers, models and training. */
@NullMarked
package dev.gamelan.nn;

import org.jspecify.annotations.NullMarked;
