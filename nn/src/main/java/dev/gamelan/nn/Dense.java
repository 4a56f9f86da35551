package dev.gamelan.nn;

import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Tensor;

/** A linear map of the features: {@code y = x weight + bias}, with weight (in, units) and bias (units). */
public record Dense(int units, boolean bias, Initializer init) implements Layer {

    public Dense {
        Checks.positive("dense", "units", units);
    }

    public Dense noBias() {
        return new Dense(units, false, init);
    }

    public Dense init(Initializer initializer) {
        return new Dense(units, bias, initializer);
    }

    /** x: (..., in) -> (..., units). */
    @Override
    public Tensor apply(Scope scope, Tensor x) {
        Checks.features("dense", x);
        Tensor weight = scope.parameter("weight", Shape.of(x.dim(-1), units), init);
        Tensor product = rows(x, weight);
        return bias ? product.add(scope.parameter("bias", Shape.of(units), Initializer.zeros())) : product;
    }

    /** One product of matrices whatever the rank of x. */
    private static Tensor rows(Tensor x, Tensor weight) {
        if (x.rank() == 2) {
            return x.matmul(weight);
        }
        Shape rows = Shape.of(x.shape().slice(0, x.rank() - 1).length(), x.dim(-1));
        return x.reshape(rows.dims()).matmul(weight).reshape(x.shape().with(-1, weight.dim(-1)).dims());
    }
}
