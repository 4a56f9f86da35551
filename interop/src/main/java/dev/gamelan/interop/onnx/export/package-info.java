/** Writes programs of the tensor language as ONNX graphs. */
@NullMarked
package dev.gamelan.interop.onnx.export;

import org.jspecify.annotations.NullMarked;
