package dev.gamelan.nn;

import dev.gamelan.shape.DType;
import dev.gamelan.shape.ShapeException;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.Tensors;

/**
 * Rotary position embedding (Su et al., 2021): turns feature i and feature i + d / 2 by an angle that grows with the position,
 * at {@code 10000^(-2 i / d)} a step. The halves are paired as in GPT-NeoX and Llama.
 */
final class Rotary {

    private static final double BASE = 10_000;

    private Rotary() {}

    /**
     * @param x     (..., T, d), d even
     * @param start the position of the first element
     */
    static Tensor rotate(Tensor x, Tensor start) {
        int width = x.dim(-1);
        if (width % 2 != 0) {
            throw ShapeException.of("rotary: features come in pairs", "an even number of features per head", Integer.toString(width));
        }
        int half = width / 2;
        Tensor speed = Tensor.arange(half).cast(DType.FLOAT32).mul(-2 * Math.log(BASE) / width).exp();
        Tensor position = Tensor.arange(x.dim(-2)).add(start).cast(DType.FLOAT32).expandDims(1);
        Tensor angle = position.mul(speed);
        Tensor cos = angle.cos().cast(x.dtype());
        Tensor sin = angle.sin().cast(x.dtype());
        Tensor a = x.slice(-1, 0, half);
        Tensor b = x.slice(-1, half, width);
        return Tensors.concat(-1, a.mul(cos).sub(b.mul(sin)), b.mul(cos).add(a.mul(sin)));
    }
}
