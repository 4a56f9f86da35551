/** Text: ready models. */
@NullMarked
package dev.gamelan.domains.text;

import org.jspecify.annotations.NullMarked;
