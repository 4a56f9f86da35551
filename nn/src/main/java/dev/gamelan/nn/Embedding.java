package dev.gamelan.nn;

import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Tensor;

/** A learned vector for each of {@code count} things, in a table (count, width). */
public record Embedding(int count, int width, Initializer init) implements Layer {

    public Embedding {
        Checks.positive("embedding", "count", count);
        Checks.positive("embedding", "width", width);
    }

    public Embedding init(Initializer initializer) {
        return new Embedding(count, width, initializer);
    }

    /** ids: (...) of any integer type, from 0 to count - 1 -> (..., width). */
    @Override
    public Tensor apply(Scope scope, Tensor ids) {
        return table(scope).take(0, ids);
    }

    /** How much each vector agrees with x, for weights shared with the output. x: (..., width) -> (..., count). */
    public Tensor logits(Scope scope, Tensor x) {
        return x.matmul(table(scope).transpose());
    }

    private Tensor table(Scope scope) {
        return scope.parameter("weight", Shape.of(count, width), init);
    }
}
