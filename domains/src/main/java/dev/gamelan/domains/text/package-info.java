/** Text: tokenizers, ready models, and what to make of their results. */
@NullMarked
package dev.gamelan.domains.text;

import org.jspecify.annotations.NullMarked;
