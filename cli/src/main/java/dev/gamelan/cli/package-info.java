/** The {@code gamelan} command. */
@NullMarked
package dev.gamelan.cli;

import org.jspecify.annotations.NullMarked;
