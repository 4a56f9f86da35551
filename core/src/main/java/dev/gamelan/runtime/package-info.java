/** What executes programs: backends, the thread pool, buffers. */
@NullMarked
package dev.gamelan.runtime;

import org.jspecify.annotations.NullMarked;
