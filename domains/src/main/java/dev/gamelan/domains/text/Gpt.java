package dev.gamelan.domains.text;

import static dev.gamelan.nn.Layers.attention;
import static dev.gamelan.nn.Layers.dense;
import static dev.gamelan.nn.Layers.dropout;
import static dev.gamelan.nn.Layers.embedding;
import static dev.gamelan.nn.Layers.gelu;
import static dev.gamelan.nn.Layers.layerNorm;
import static dev.gamelan.nn.Layers.positionEmbedding;
import static dev.gamelan.nn.Layers.residual;
import static dev.gamelan.nn.Layers.sequential;

import dev.gamelan.nn.Initializer;
import dev.gamelan.nn.Layer;
import dev.gamelan.nn.Scope;
import dev.gamelan.tensor.Tensor;

/**
 * A decoder-only transformer with normalization before each part, as GPT-2 (Radford et al., 2019): learned positions,
 * causal attention, and a hidden layer of four times the width with GELU. Weights start normally distributed with deviation
 * 0.02. In a {@link dev.gamelan.nn.Session} it goes on where the last call ended, and computes each token once.
 *
 * @param vocabulary how many tokens there are
 * @param context    the longest sequence
 * @param width      features of a token; a multiple of {@code heads}
 * @param depth      the number of blocks
 * @param rate       of dropout, in training
 * @param tied       whether the table of words serves the output too; else there is a layer {@code head}
 */
public record Gpt(int vocabulary, int context, int width, int depth, int heads, double rate, boolean tied) implements Layer {

    private static final Initializer INIT = Initializer.normal(0.02);

    /** With dropout 0.1 and tied words. */
    public Gpt(int vocabulary, int context, int width, int depth, int heads) {
        this(vocabulary, context, width, depth, heads, 0.1, true);
    }

    public Gpt dropRate(double value) {
        return new Gpt(vocabulary, context, width, depth, heads, value, tied);
    }

    /** With a linear output layer of its own. */
    public Gpt untied() {
        return new Gpt(vocabulary, context, width, depth, heads, rate, false);
    }

    /** ids: (B, T) of an integer type -> logits (B, T, vocabulary). */
    @Override
    public Tensor apply(Scope scope, Tensor ids) {
        var words = embedding(vocabulary, width);
        var x = scope.call("positions", positionEmbedding(context), words.apply(scope.shared("words"), ids));
        for (int i = 0; i < depth; i++) {
            x = scope.call("block_" + i, block(), x);
        }
        var y = scope.call("norm", layerNorm(), x);
        return tied ? words.logits(scope.shared("words"), y) : scope.call("head", dense(vocabulary).init(INIT), y);
    }

    private Layer block() {
        return sequential(
                residual(layerNorm(), attention(heads).causal().init(INIT), dropout(rate)).named("attention"),
                residual(layerNorm(), dense(4 * width).init(INIT), gelu(), dense(width).init(INIT), dropout(rate)).named("mlp"));
    }
}
