/** Vision, text, audio and tabular data, ready to train on. */
@NullMarked
package dev.gamelan.domains;

import org.jspecify.annotations.NullMarked;
