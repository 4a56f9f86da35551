package dev.gamelan.tensor;

/**
 * A structure of tensors: a {@link Tensor}, a {@link TensorMap}, a {@link RandomKey}, or a record that declares
 * {@code implements Tree} and whose components are trees, lists of trees, or constants. Constants are compared with
 * {@code equals}: a function that is compiled for one value is compiled again for another.
 *
 * <p>Records must be reachable by reflection: in a named module, {@code opens} their package to {@code
 * dev.gamelan.core}.
 */
public interface Tree {}
