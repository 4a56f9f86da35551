package dev.gamelan.examples;

import static dev.gamelan.nn.Losses.softmaxCrossEntropy;
import static dev.gamelan.nn.Optimizers.adamW;
import static dev.gamelan.nn.Optimizers.chain;
import static dev.gamelan.nn.Optimizers.clipNorm;

import dev.gamelan.domains.text.Gpt;
import dev.gamelan.nn.Batches;
import dev.gamelan.nn.Model;
import dev.gamelan.nn.Schedule;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Tensor;
import java.util.stream.IntStream;

/** A transformer that learns to go on with a sequence, and then does so with a cache: each token is computed once. */
public final class TinyGpt {

    private TinyGpt() {}

    /** Numbers below 16 that grow by 1, 2 and 3 in turn; at 16 they start again. */
    public static int[] sequence(int length) {
        return IntStream.range(0, length).map(i -> (2 * i - i % 3 + i % 3 * (i % 3 - 1) / 2) % 16).toArray();
    }

    public static Model<Tensor, Tensor> learn(int[] ids, int epochs) {
        var model = Model.of(DType.INT32, Shape.of(32), new Gpt(16, 64, 48, 2, 4).dropRate(0));
        model.train(Batches.streams(Tensor.ofInts(ids), 8, 32), softmaxCrossEntropy())
                .optimizer(steps -> chain(clipNorm(1), adamW(Schedule.cosine(3e-3, steps).warmup(10), 0.01)))
                .epochs(epochs).quiet().run();
        return model;
    }

    /** What the model takes to be next, again and again. */
    public static int[] goOn(Model<Tensor, Tensor> model, int[] start, int length) {
        var session = model.session();
        var next = session.apply(Tensor.ofInts(start).reshape(1, -1)).select(1, -1).argmax(-1);
        var result = new int[length];
        for (int i = 0; i < length; i++) {
            result[i] = next.itemInt();
            next = session.apply(next.reshape(1, 1)).select(1, -1).argmax(-1);
        }
        return result;
    }

    public static void main(String[] args) {
        var ids = sequence(4000);
        var model = learn(ids, 10);
        System.out.println(IntStream.of(goOn(model, IntStream.of(ids).limit(8).toArray(), 40)).boxed().toList());
    }
}
