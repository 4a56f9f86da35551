package dev.gamelan.cli.bench;

import static dev.gamelan.nn.Layers.attention;
import static dev.gamelan.nn.Layers.dense;
import static dev.gamelan.nn.Layers.embedding;
import static dev.gamelan.nn.Layers.gelu;
import static dev.gamelan.nn.Layers.layerNorm;
import static dev.gamelan.nn.Layers.positionEmbedding;
import static dev.gamelan.nn.Layers.residual;
import static dev.gamelan.nn.Layers.sequential;

import dev.gamelan.nn.Initializer;
import dev.gamelan.nn.Layer;
import dev.gamelan.nn.Scope;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Tensor;

/** The shape of BERT (Devlin et al., 2019) with its pooler: normalization after each part, one segment, no mask. */
record Bert(int vocabulary, int context, int width, int depth, int heads) implements Layer {

    /** 12 layers of 768 in 12 heads. */
    static Bert base() {
        return new Bert(30_522, 512, 768, 12, 12);
    }

    /** ids: (B, T) -> (B, width). */
    @Override
    public Tensor apply(Scope scope, Tensor ids) {
        Tensor segments = scope.parameter("segments", Shape.of(2, width), Initializer.normal(0.02));
        Tensor words = scope.call("words", embedding(vocabulary, width), ids);
        Tensor x = scope.call("positions", positionEmbedding(context), words).add(segments.get(0));
        x = scope.call("norm", layerNorm(), x);
        for (int i = 0; i < depth; i++) {
            x = scope.call("block_" + i, block(), x);
        }
        return scope.call("pooler", dense(width), x.select(1, 0)).tanh();
    }

    private Layer block() {
        return sequential(residual(attention(heads)), layerNorm(), residual(dense(4 * width), gelu(), dense(width)), layerNorm());
    }
}
