package dev.gamelan.examples;

import static dev.gamelan.nn.Layers.dense;
import static dev.gamelan.nn.Layers.embedding;
import static dev.gamelan.nn.Layers.lstm;
import static dev.gamelan.nn.Losses.softmaxCrossEntropy;
import static dev.gamelan.nn.Optimizers.adam;
import static dev.gamelan.nn.Optimizers.chain;
import static dev.gamelan.nn.Optimizers.clipNorm;

import dev.gamelan.nn.Batches;
import dev.gamelan.nn.Model;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.RandomKey;
import dev.gamelan.tensor.Tensor;

/**
 * An LSTM that learns a text character by character. In training its state goes on from batch to batch, so it can learn what
 * is further apart than one batch is long; for writing, a session carries the same state from character to character.
 */
public final class LstmText {

    private LstmText() {}

    /** ASCII only. */
    public static Model<Tensor, Tensor> learn(String text, int units, int epochs) {
        var ids = Tensor.ofInts(text.chars().toArray());
        var model = Model.of(DType.INT32, Shape.of(16), embedding(128, 32), lstm(units), lstm(units), dense(128));
        model.train(Batches.streams(ids, 8, 16), softmaxCrossEntropy())
                .carryState().optimizer(chain(clipNorm(1), adam(5e-3))).epochs(epochs).quiet().run();
        return model;
    }

    /** Goes on with a text. At a low temperature the model writes what it is sure of, at a high one it dares more. */
    public static String write(Model<Tensor, Tensor> model, String start, int length, double temperature, long seed) {
        var session = model.session();
        var key = RandomKey.of(seed);
        var text = new StringBuilder(start);
        var logits = session.apply(Tensor.ofInts(start.chars().toArray()).reshape(1, -1));
        for (int i = 0; i < length; i++) {
            int next = key.at(i).categorical(logits.select(1, -1).div(temperature)).itemInt();
            text.append((char) next);
            logits = session.apply(Tensor.ofInts(next).reshape(1, 1));
        }
        return text.toString();
    }

    public static void main(String[] args) {
        var model = learn("the quick brown fox jumps over the lazy dog. ".repeat(100), 128, 20);
        System.out.println(write(model, "the ", 200, 0.8, 7));
    }
}
