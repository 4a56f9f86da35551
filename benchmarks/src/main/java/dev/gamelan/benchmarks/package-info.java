/** Benchmarks of kernels and of whole steps. */
@NullMarked
package dev.gamelan.benchmarks;

import org.jspecify.annotations.NullMarked;
