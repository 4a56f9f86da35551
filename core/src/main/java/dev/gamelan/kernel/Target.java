package dev.gamelan.kernel;

import dev.gamelan.ir.Node;
import java.util.function.Predicate;

/**
 * What a schedule is made for.
 *
 * @param largestKernel how much is fused at most: see {@link Costs}
 * @param readsPlanes whether a convolution reads its images as well where they lie channel by channel, so that nothing is copied
 */
public record Target(int largestKernel, Predicate<Node> readsPlanes) {

    /** Convolutions read images with their channels last. */
    public Target(int largestKernel) {
        this(largestKernel, _ -> false);
    }
}
