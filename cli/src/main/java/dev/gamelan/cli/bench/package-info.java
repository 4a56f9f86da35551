/** The project's own figures: workloads, and the clock that measures them. */
@NullMarked
package dev.gamelan.cli.bench;

import org.jspecify.annotations.NullMarked;
