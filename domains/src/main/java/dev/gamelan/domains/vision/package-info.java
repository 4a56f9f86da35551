/** Images: data sets, folders of pictures, resizing. */
@NullMarked
package dev.gamelan.domains.vision;

import org.jspecify.annotations.NullMarked;
