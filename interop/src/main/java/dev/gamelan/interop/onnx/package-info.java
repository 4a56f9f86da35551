/**
 * ONNX models in and out: {@link dev.gamelan.interop.onnx.Onnx} reads a file, {@link dev.gamelan.interop.onnx.OnnxModel}
 * runs it as programs of the tensor language.
 */
@NullMarked
package dev.gamelan.interop.onnx;

import org.jspecify.annotations.NullMarked;
