/** The messages of {@code onnx.proto}, generated when the project is built. */
@NullMarked
package dev.gamelan.interop.onnx.proto;

import org.jspecify.annotations.NullMarked;
