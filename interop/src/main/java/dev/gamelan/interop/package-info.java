/** File formats of other systems: npy, npz, safetensors, ONNX. */
@NullMarked
package dev.gamelan.interop;

import org.jspecify.annotations.NullMarked;
