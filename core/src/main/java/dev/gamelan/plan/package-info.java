/** Where every buffer of a schedule lies, and for how long. */
@NullMarked
package dev.gamelan.plan;

import org.jspecify.annotations.NullMarked;
