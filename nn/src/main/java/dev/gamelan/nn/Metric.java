package dev.gamelan.nn;

import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.Tree;

/**
 * A figure about many examples: sums over them, and a function of the sums. So it is exact over batches of any size, and
 * never more than a few numbers leave the compiled program. Equal metrics are the same column of a {@link History}.
 *
 * @param <O> what the model gives
 * @param <T> what it should give
 */
public interface Metric<O extends Tree, T extends Tree> {

    /** FLOAT32 numbers of rank 1 that are added over all batches. */
    Tensor observe(O output, T target);

    /** The figure, from the sums. */
    double result(double[] totals);

    /** The column in tables and files. */
    default String name() {
        String name = toString().replaceFirst("\\[\\]$", "");
        return getClass().isRecord() ? Names.snake(name) : Names.kind(getClass());
    }

    /** Whether a larger number is better. */
    default boolean largerIsBetter() {
        return true;
    }
}
