/** The safetensors format: named tensors in one file, without code in it. */
@NullMarked
package dev.gamelan.interop.safetensors;

import org.jspecify.annotations.NullMarked;
