package dev.gamelan.nn;

import dev.gamelan.shape.ShapeException;
import dev.gamelan.tensor.Tensor;
import java.util.List;

/** {@code x + layers(x)} (He et al., 2015). The layers must keep the shape. */
public record Residual(List<Layer> layers) implements Layer {

    public Residual {
        layers = List.copyOf(layers);
    }

    @Override
    public Tensor apply(Scope scope, Tensor x) {
        Tensor y = new Sequential(layers).apply(scope, x);
        if (!y.shape().equals(x.shape())) {
            throw ShapeException.of("residual: the layers must give back the shape they take", x.shape().toString(), y.shape().toString());
        }
        return x.add(y);
    }
}
