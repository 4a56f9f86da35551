/** Files that are either whole or not there: what every writer in this module goes through. */
@NullMarked
package dev.gamelan.interop.files;

import org.jspecify.annotations.NullMarked;
