package dev.gamelan.benchmarks;

import static dev.gamelan.nn.Layers.attention;
import static dev.gamelan.nn.Layers.dense;
import static dev.gamelan.nn.Layers.gelu;
import static dev.gamelan.nn.Layers.layerNorm;
import static dev.gamelan.nn.Layers.residual;
import static dev.gamelan.nn.Layers.sequential;
import static dev.gamelan.nn.Optimizers.sgd;

import dev.gamelan.nn.Batch;
import dev.gamelan.nn.Layer;
import dev.gamelan.nn.Model;
import dev.gamelan.nn.Scope;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Functions;
import dev.gamelan.tensor.RandomKey;
import dev.gamelan.tensor.Tensor;

/**
 * Transformer blocks of causal attention and a hidden layer of four times the width.
 *
 * @param recompute whether a block's inner values are computed again for the gradient (Chen et al., 2016), so that only its input is kept
 */
record Blocks(int depth, int heads, boolean recompute) implements Layer {

    /** x: (B, T, C) -> the same shape. */
    @Override
    public Tensor apply(Scope scope, Tensor x) {
        Tensor y = x;
        for (int i = 0; i < depth; i++) {
            Scope inner = scope.child("block_" + i);
            Layer block = block(x.dim(-1));
            y = recompute ? Functions.remat((Tensor in) -> block.apply(inner, in)).apply(y) : block.apply(inner, y);
        }
        return y;
    }

    private Layer block(int width) {
        return sequential(residual(layerNorm(), attention(heads).causal()),
                residual(layerNorm(), dense(4 * width), gelu(), dense(width)));
    }

    /** A step that draws the output towards zero. */
    TrainingStep step(Shape input) {
        Tensor x = RandomKey.of(42).normal(input).eval();
        return new TrainingStep(Model.of(Shape.of(input.dim(1), input.dim(2)), this), sgd(0.01),
                (output, _) -> output.square().mean(), new Batch<>(x, x));
    }
}
