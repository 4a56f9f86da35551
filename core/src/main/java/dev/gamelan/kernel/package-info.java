/** The loop IR: what one kernel does, and the lowering from a graph to a schedule of kernels. */
@NullMarked
package dev.gamelan.kernel;

import org.jspecify.annotations.NullMarked;
