package dev.gamelan.domains.text;

import static dev.gamelan.nn.Layers.attention;
import static dev.gamelan.nn.Layers.dense;
import static dev.gamelan.nn.Layers.dropout;
import static dev.gamelan.nn.Layers.embedding;
import static dev.gamelan.nn.Layers.gelu;
import static dev.gamelan.nn.Layers.layerNorm;
import static dev.gamelan.nn.Layers.positionEmbedding;

import dev.gamelan.nn.Block;
import dev.gamelan.nn.Initializer;
import dev.gamelan.nn.LayerNorm;
import dev.gamelan.nn.Scope;
import dev.gamelan.nn.StateDict;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.ShapeException;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.Tree;
import java.nio.file.Path;

/**
 * An encoder that sees in both directions (Devlin et al., 2018), as BERT, MiniLM and most models of sentences have it:
 * embeddings of words, positions and kinds of segment; then blocks of attention and of a hidden layer with GELU, each
 * followed by a normalization. Weights start normally distributed with deviation 0.02.
 *
 * @param vocabulary how many tokens there are
 * @param context    the longest sequence
 * @param segments   how many kinds of segment there are
 * @param width      features of a token; a multiple of {@code heads}
 * @param depth      the number of blocks
 * @param hidden     units of the hidden layer of a block
 * @param epsilon    of the normalizations
 * @param rate       of dropout, in training
 */
public record Bert(int vocabulary, int context, int segments, int width, int depth, int heads, int hidden, double epsilon, double rate)
        implements Block<Bert.Input, Tensor> {

    private static final Initializer INIT = Initializer.normal(0.02);

    /** With a hidden layer of four times the width, two kinds of segment, epsilon 1e-12 and dropout 0.1. */
    public Bert(int vocabulary, int context, int width, int depth, int heads) {
        this(vocabulary, context, 2, width, depth, heads, 4 * width, 1e-12, 0.1);
    }

    public Bert dropRate(double value) {
        return new Bert(vocabulary, context, segments, width, depth, heads, hidden, epsilon, value);
    }

    /**
     * The network that a {@code config.json} of Hugging Face's describes.
     *
     * @throws dev.gamelan.shape.FormatException if it describes another kind of network
     */
    public static Bert config(Path file) {
        return BertConfig.read(file);
    }

    /**
     * Sequences of tokens.
     *
     * @param ids      (B, T) of an integer type
     * @param segments (B, T) of an integer type: the kind of segment of each token, often 0
     * @param mask     (B, T), BOOL: false where there is only padding
     */
    public record Input(Tensor ids, Tensor segments, Tensor mask) implements Tree {

        public Input {
            if (ids.rank() != 2 || !ids.shape().equals(segments.shape()) || !ids.shape().equals(mask.shape())) {
                throw ShapeException.of("Bert: ids, segments and mask differ", "(batch, tokens) each",
                        ids.shape() + ", " + segments.shape() + " and " + mask.shape());
            }
        }

        /** Sequences of one segment and of the same length. */
        public static Input of(Tensor ids) {
            return new Input(ids, ids.zerosLike(), Tensor.ones(DType.BOOL, ids.shape()));
        }
    }

    /** The states of all tokens of the last block: (B, T, width). What there is at padding means nothing. */
    @Override
    public Tensor apply(Scope scope, Input input) {
        Tensor words = scope.call("words", embedding(vocabulary, width).init(INIT), input.ids);
        Tensor kinds = scope.call("segments", embedding(segments, width).init(INIT), input.segments);
        Tensor sum = scope.call("positions", positionEmbedding(context).init(INIT), words.add(kinds));
        Tensor x = drop(scope, scope.call("norm", norm(), sum));
        Tensor mask = input.mask.expandDims(1);
        for (int i = 0; i < depth; i++) {
            x = scope.call("block_" + i, (Scope inner, Tensor y) -> block(inner, y, mask), x);
        }
        return x;
    }

    private Tensor block(Scope scope, Tensor x, Tensor mask) {
        Tensor heard = scope.call("attention",
                (Scope inner, Tensor y) -> attention(heads).init(INIT).dropout(rate).apply(inner, y, y, mask), x);
        Tensor y = scope.call("attention_norm", norm(), x.add(drop(scope, heard)));
        Tensor up = gelu().apply(scope, scope.call("up", dense(hidden).init(INIT), y));
        Tensor down = scope.call("down", dense(width).init(INIT), up);
        return scope.call("norm", norm(), y.add(drop(scope, down)));
    }

    private LayerNorm norm() {
        return layerNorm().epsilon(epsilon);
    }

    private Tensor drop(Scope scope, Tensor x) {
        return dropout(rate).apply(scope, x);
    }

    /** This, and then a linear map and tanh of the first token's state, which stands for the whole: (B, width). */
    public Pooled pooled() {
        return new Pooled(this);
    }

    /** See {@link #pooled}. The encoder's weights are below {@code encoder}. */
    public record Pooled(Bert encoder) implements Block<Input, Tensor> {

        @Override
        public Tensor apply(Scope scope, Input input) {
            Tensor first = scope.call("encoder", encoder, input).select(1, 0);
            return scope.call("pooler", dense(encoder.width).init(INIT), first).tanh();
        }

        /** As {@link Bert#names}, with the pooler. */
        public StateDict names() {
            return encoder.encoderNames().under("encoder")
                    .plus(new StateDict.Builder().linear("pooler", "pooler.dense").ignoring("cls.**").build());
        }
    }

    /**
     * The names of Hugging Face's {@code BertModel} and of PyTorch's state dicts of it, with or without {@code bert.} before
     * them. Heads of the pre-training and the pooler are passed over.
     */
    public StateDict names() {
        return encoderNames().plus(new StateDict.Builder().ignoring("pooler.**", "cls.**").build());
    }

    private StateDict encoderNames() {
        StateDict.Builder names = new StateDict.Builder().prefix("bert.").ignoring("embeddings.position_ids");
        names = names.embedding("words", "embeddings.word_embeddings").embedding("positions", "embeddings.position_embeddings")
                .embedding("segments", "embeddings.token_type_embeddings").norm("norm", "embeddings.LayerNorm");
        for (int i = 0; i < depth; i++) {
            String path = "block_" + i + ".";
            String name = "encoder.layer." + i + ".";
            for (String part : new String[] {"query", "key", "value"}) {
                names = names.linear(path + "attention." + part, name + "attention.self." + part);
            }
            names = names.linear(path + "attention.output", name + "attention.output.dense")
                    .norm(path + "attention_norm", name + "attention.output.LayerNorm")
                    .linear(path + "up", name + "intermediate.dense").linear(path + "down", name + "output.dense")
                    .norm(path + "norm", name + "output.LayerNorm");
        }
        return names.build();
    }
}
