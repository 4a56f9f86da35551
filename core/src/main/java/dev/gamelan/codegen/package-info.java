/** Emits kernels as bytecode: the assembler, vector mathematics, matrix products, convolution and pooling. */
@NullMarked
package dev.gamelan.codegen;

import org.jspecify.annotations.NullMarked;
