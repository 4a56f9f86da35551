package dev.gamelan.nn;

import dev.gamelan.tensor.TensorMap;
import dev.gamelan.tensor.Tree;

/**
 * One link of an {@link Optimizer}: turns gradients into better updates, step by step, as pure functions. Updates are
 * added to the parameters in the end, so somewhere in the chain they change sign.
 */
public interface Transform {

    /** The state before the first step, for these parameters. */
    TensorMap init(TensorMap parameters);

    /**
     * @param updates what the link before gives, by the parameters' paths; the gradients at first
     * @param slots   what {@link #init} or the last update gave
     */
    Change update(TensorMap updates, TensorMap slots, TensorMap parameters);

    /** Updates, and the state for the next step, which has the structure of the last one. */
    record Change(TensorMap updates, TensorMap slots) implements Tree {}
}
