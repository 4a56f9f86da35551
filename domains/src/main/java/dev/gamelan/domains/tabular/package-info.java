/** Tables: reading CSV files, and turning rows into numbers that a network can learn from. */
@NullMarked
package dev.gamelan.domains.tabular;

import org.jspecify.annotations.NullMarked;
