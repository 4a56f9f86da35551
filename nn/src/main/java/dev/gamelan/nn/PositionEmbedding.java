package dev.gamelan.nn;

import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import dev.gamelan.shape.ShapeException;
import dev.gamelan.tensor.Tensor;

/**
 * Adds a learned vector for each position, from a table (context, features). Positions count from 0; in a {@link Session}
 * they go on where the last call ended, so that a sequence may come in pieces. Beyond the context there is no vector: more
 * is an error.
 */
public record PositionEmbedding(int context, Initializer init) implements Layer {

    public PositionEmbedding {
        Checks.positive("positionEmbedding", "context", context);
    }

    public PositionEmbedding init(Initializer initializer) {
        return new PositionEmbedding(context, initializer);
    }

    /** x: (..., T, features) -> the same shape. */
    @Override
    public Tensor apply(Scope scope, Tensor x) {
        Checks.features("positionEmbedding", x);
        int steps = x.dim(-2);
        if (steps > context) {
            throw ShapeException.of("positionEmbedding: the sequence is longer than the context", "at most " + context + " steps",
                    x.shape().toString());
        }
        Tensor table = scope.parameter("weight", Shape.of(context, x.dim(-1)), init);
        if (!scope.inSession()) {
            return x.add(table.slice(0, 0, steps));
        }
        Scope.Slot position = scope.carry("position", DType.INT32, Shape.SCALAR);
        Tensor start = position.get();
        position.set(start.add(steps));
        return x.add(table.take(0, Tensor.arange(steps).add(start)));
    }
}
