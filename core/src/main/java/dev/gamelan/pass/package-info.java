/** Rewrites of whole programs: pure functions from graph to graph. {@link dev.gamelan.pass.Passes} is their story. */
@NullMarked
package dev.gamelan.pass;

import org.jspecify.annotations.NullMarked;
