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

import dev.gamelan.domains.vision.Digits;
import dev.gamelan.domains.vision.ImageSet;
import dev.gamelan.domains.vision.Normalize;
import dev.gamelan.nn.Model;
import dev.gamelan.nn.Schedule;
import dev.gamelan.shape.DType;
import dev.gamelan.tensor.Tensor;

/** LeNet with batch normalization, dropout and a schedule, on the digits that are inside the library: a few seconds. */
public final class LeNet {

    private LeNet() {}

    /** Trains on pictures of any size, at least 4 by 4, and any number of classes. */
    public static Model<Tensor, Tensor> train(ImageSet data, int epochs) {
        var model = Model.of(DType.UINT8, data.train().shape(), Normalize.fit(data.train()),
                conv2d(32, 5).padSame().noBias(), batchNorm(), relu(), maxPool2d(2),
                conv2d(64, 5).padSame().noBias(), batchNorm(), relu(), maxPool2d(2),
                flatten(), dense(128), relu(), dropout(0.5), dense(data.labels().size()));
        model.train(data.train().shuffledBatches(64), softmaxCrossEntropy())
                .validate(data.test().batches(256)).metric(accuracy())
                .optimizer(steps -> adamW(Schedule.cosine(2e-3, steps).warmup(steps / 10), 0.01))
                .epochs(epochs).run();
        return model;
    }

    static void main() {
        var digits = Digits.load();
        var model = train(digits, 8);
        IO.println("accuracy  " + model.evaluate(digits.test().batches(256), accuracy()));
        IO.println(model.summary());
    }
}
