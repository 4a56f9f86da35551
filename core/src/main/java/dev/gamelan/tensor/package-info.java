/** The tensor language: lazy tensors, structures of them, functions of functions, random numbers. */
@NullMarked
package dev.gamelan.tensor;

import org.jspecify.annotations.NullMarked;
