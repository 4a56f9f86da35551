package dev.gamelan.kernel;

import dev.gamelan.ir.Node;
import dev.gamelan.shape.Shape;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Scaled dot-product attention over a batch of heads, {@code softmax(query key^T) value}: what it reads, what it writes, and how scores
 * become exponents. Bindings have one stride for each axis of the batch, then one for rows and one for columns.
 *
 * @param batch   the axes of the batch
 * @param query   (batch..., queries, depth)
 * @param key     (batch..., keys, depth)
 * @param value   (batch..., keys, width)
 * @param scores  from products to exponents
 * @param output  (batch..., queries, width)
 * @param norms   the largest exponent and the sum of exponentials of each query, for the gradient; empty if nothing needs them
 */
public record Attention(Shape batch, int queries, int keys, int depth, int width, Step.Binding query, Step.Binding key, Step.Binding value,
        Scores scores, Step.Binding output, List<Node> norms) {

    /** What happens to scores that are masked. */
    public enum MaskKind {
        /** There is no mask. */
        NONE,
        /** A query sees keys up to its own place; the last query stands at the last key. */
        CAUSAL,
        /** BOOL: where it does not hold, there is another number instead of the score. */
        SELECT,
        /** Numbers that are added to the scores. */
        BIAS
    }

    /**
     * The exponents: products times {@code scale}, masked.
     *
     * @param fill instead of hidden scores
     * @param mask (batch..., queries, keys), for SELECT and BIAS
     */
    public record Scores(double scale, MaskKind kind, double fill, Optional<Step.Binding> mask) {}

    /**
     * The gradients.
     *
     * @param outputGradient (batch..., queries, width), which is read
     * @param query          as {@link Attention#query}, but written; so for the others
     */
    public record Gradient(Step.Binding outputGradient, Step.Binding query, Step.Binding key, Step.Binding value) {}

    public Attention {
        norms = List.copyOf(norms);
    }

    /** The buffers that both directions read. */
    Stream<Node> reads() {
        return Stream.concat(Stream.of(query, key, value), scores.mask().stream()).map(Step.Binding::buffer);
    }

    /** Two operations for each product, as without a mask. */
    long flops() {
        return 2 * batch.size() * queries * keys * (depth + width);
    }
}
