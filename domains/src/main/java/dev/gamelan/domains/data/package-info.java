/** Where data sets are found, how they are fetched, and how examples are divided. */
@NullMarked
package dev.gamelan.domains.data;

import org.jspecify.annotations.NullMarked;
