/** Examples that run on real data. */
@NullMarked
package dev.gamelan.examples;

import org.jspecify.annotations.NullMarked;
