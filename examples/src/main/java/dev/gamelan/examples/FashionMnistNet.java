package dev.gamelan.examples;

import static dev.gamelan.nn.Layers.batchNorm;
import static dev.gamelan.nn.Layers.conv2d;
import static dev.gamelan.nn.Layers.dense;
import static dev.gamelan.nn.Layers.dropout;
import static dev.gamelan.nn.Layers.flatten;
import static dev.gamelan.nn.Layers.maxPool2d;
import static dev.gamelan.nn.Layers.relu;
import static dev.gamelan.nn.Losses.softmaxCrossEntropy;
import static dev.gamelan.nn.Metrics.accuracy;
import static dev.gamelan.nn.Optimizers.adamW;

import dev.gamelan.domains.data.DataFolder;
import dev.gamelan.domains.data.Progress;
import dev.gamelan.domains.vision.FashionMnist;
import dev.gamelan.domains.vision.Normalize;
import dev.gamelan.nn.Model;
import dev.gamelan.nn.Schedule;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import java.nio.file.Path;

/** LeNet with batch normalization, dropout and a schedule, on pictures of clothes: the program of the README. */
public final class FashionMnistNet {
    private FashionMnistNet() {}

    static void main() {
        var data = FashionMnist.load(DataFolder.standard(), Progress.NONE);
        var model = Model.of(DType.UINT8, Shape.of(28, 28, 1), Normalize.fit(data.train()),
                conv2d(32, 5).noBias(), batchNorm(), relu(), maxPool2d(2),
                conv2d(64, 5).noBias(), batchNorm(), relu(), maxPool2d(2),
                flatten(), dense(512), relu(), dropout(0.5), dense(10));
        model.train(data.train().shuffledBatches(64), softmaxCrossEntropy())
                .validate(data.test().batches(256)).metric(accuracy())
                .optimizer(steps -> adamW(Schedule.cosine(1e-3, steps).warmup(200), 0.01))
                .epochs(5).run();
        model.save(Path.of("fashion.safetensors"));
        var guess = model.apply(data.test().batches(1).first().input()).argmax(-1).itemInt();
        IO.println(data.labels().get(guess));
    }
}
