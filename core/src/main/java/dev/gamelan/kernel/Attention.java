package dev.gamelan.kernel;

import dev.gamelan.ir.Node;
import dev.gamelan.shape.Shape;
import java.util.List;
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
 * @param guarded whether weights that are no numbers are 0, as where a query sees no key
 */
public record Attention(Shape batch, int queries, int keys, int depth, int width, Step.Binding query, Step.Binding key, Step.Binding value,
        Scores scores, Step.Binding output, List<Node> norms, boolean guarded) {

    /** What happens to scores that are masked. */
    public enum MaskKind {
        /** There is no mask. */
        NONE,
        /** A query sees keys up to its own place; the last query stands at the last key. */
        CAUSAL,
        /** There are other numbers instead of some scores. */
        SELECT,
        /** Numbers are added to the scores; of those so low that nothing is left of a score, some may stand instead of it. */
        BIAS
    }

    /** One of the things that are done to scores, one after another. */
    public sealed interface Mask {

        /** (batch..., queries, keys). */
        Step.Binding binding();

        /**
         * BOOL: where it is not what {@code shows}, there is another number instead of the score.
         *
         * @param fill negative
         */
        record Select(Step.Binding binding, boolean shows, double fill) implements Mask {}

        /** Numbers that are added to the scores, times {@code factor}. */
        record Bias(Step.Binding binding, double factor) implements Mask {}
    }

    /**
     * The exponents: products times {@code scale}, masked.
     *
     * @param masks what is read for SELECT and BIAS, in the order in which it is applied
     */
    public record Scores(double scale, MaskKind kind, List<Mask> masks) {
        public Scores {
            masks = List.copyOf(masks);
        }
    }

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
        return Stream.concat(Stream.of(query, key, value), scores.masks.stream().map(Mask::binding)).map(Step.Binding::buffer);
    }

    /** Two operations for each product, as without a mask. */
    long flops() {
        return 2 * batch.size() * queries * keys * (depth + width);
    }
}
