/** Charts for the documentation. */
@NullMarked
package dev.gamelan.benchmarks.chart;

import org.jspecify.annotations.NullMarked;
