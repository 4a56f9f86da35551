/** Runs folders in the layout of ONNX's backend tests. */
@NullMarked
package dev.gamelan.interop.onnx.check;

import org.jspecify.annotations.NullMarked;
