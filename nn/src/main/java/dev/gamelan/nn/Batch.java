package dev.gamelan.nn;

import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.Tree;
import dev.gamelan.tensor.Trees;
import java.util.List;

/** Some examples at once: every tensor has them along axis 0. */
public record Batch<I extends Tree, T extends Tree>(I input, T target) implements Tree {

    /** The number of examples. */
    public int size() {
        List<Tensor> leaves = Trees.leaves(input);
        return leaves.isEmpty() || leaves.getFirst().rank() == 0 ? 1 : leaves.getFirst().dim(0);
    }
}
