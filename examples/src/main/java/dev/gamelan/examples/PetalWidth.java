package dev.gamelan.examples;

import static dev.gamelan.nn.Losses.mse;
import static dev.gamelan.nn.Optimizers.adamW;

import dev.gamelan.domains.tabular.Csv;
import dev.gamelan.domains.tabular.TableModels;
import dev.gamelan.domains.tabular.TableSet;
import dev.gamelan.domains.tabular.Target;
import dev.gamelan.nn.Schedule;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** Regression on a table with numbers and categories: how wide is the petal of an iris? */
public final class PetalWidth {

    private PetalWidth() {}

    /** How far the predictions for flowers that the model never saw are off, in cm, on average. */
    public static double meanError() {
        var flowers = TableSet.of(Csv.parse(resource("iris.csv"), "iris.csv"), "petal_width", Optional.empty(), 0.2, 42);
        var encoder = flowers.encoder();
        var model = TableModels.mlp(encoder.width(), 32, 1);
        model.train(encoder.dataset(flowers.train()).shuffledBatches(8), mse())
                .optimizer(steps -> adamW(Schedule.cosine(3e-3, steps), 0.01)).epochs(40).quiet().run();

        var test = encoder.dataset(flowers.test()).batches(flowers.test().rows().size()).first();
        var scaled = model.apply(test.input()).sub(test.target()).abs().mean().item();
        return scaled * ((Target.Number) encoder.target()).deviation();
    }

    private static String resource(String name) {
        try (var in = PetalWidth.class.getResourceAsStream(name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    static void main() {
        IO.println("mean error  %.2f cm".formatted(meanError()));
    }
}
