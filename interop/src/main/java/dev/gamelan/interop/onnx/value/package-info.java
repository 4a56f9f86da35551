/** What flows along the edges of an ONNX graph: tensors, strings, sequences and optional values. */
@NullMarked
package dev.gamelan.interop.onnx.value;

import org.jspecify.annotations.NullMarked;
