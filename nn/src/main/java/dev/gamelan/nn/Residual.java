package dev.gamelan.nn;

import dev.gamelan.shape.ShapeException;
import dev.gamelan.tensor.Tensor;
import java.util.List;

/**
 * {@code shortcut(x) + layers(x)} (He et al., 2015). Without a shortcut of its own, that is x itself, and the layers must
 * keep the shape; with one, such as a projection, the two must agree. Its weights are found under {@code shortcut}.
 */
public record Residual(List<Layer> layers, List<Layer> shortcut) implements Layer {

    public Residual {
        layers = List.copyOf(layers);
        shortcut = List.copyOf(shortcut);
    }

    public Residual(List<Layer> layers) {
        this(layers, List.of());
    }

    /** What x passes on its way around the layers: {@code shortcut(conv2d(64, 1).stride(2).noBias(), batchNorm())}. */
    public Residual shortcut(Layer... projection) {
        return new Residual(layers, List.of(projection));
    }

    @Override
    public Tensor apply(Scope scope, Tensor x) {
        Tensor y = new Sequential(layers).apply(scope, x);
        Tensor around = shortcut.isEmpty() ? x : scope.call("shortcut", new Sequential(shortcut), x);
        if (!y.shape().equals(around.shape())) {
            throw ShapeException.of(shortcut.isEmpty() ? "residual: the layers must give back the shape they take, or get a shortcut(...)"
                    : "residual: the layers and the shortcut give different shapes", around.shape().toString(), y.shape().toString());
        }
        return around.add(y);
    }
}
