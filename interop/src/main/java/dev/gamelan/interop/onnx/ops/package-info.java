/**
 * The operators of ONNX, each as a function from its inputs and attributes to values made of tensors. A family of
 * operators is one class with a line per operator and version in its {@code register} method;
 * {@link dev.gamelan.interop.onnx.ops.Registry} lists the families.
 */
@NullMarked
package dev.gamelan.interop.onnx.ops;

import org.jspecify.annotations.NullMarked;
