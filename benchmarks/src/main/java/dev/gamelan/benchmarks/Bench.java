package dev.gamelan.benchmarks;

import static dev.gamelan.nn.Layers.conv2d;
import static dev.gamelan.nn.Layers.dense;
import static dev.gamelan.nn.Layers.flatten;
import static dev.gamelan.nn.Layers.maxPool2d;
import static dev.gamelan.nn.Layers.relu;
import static dev.gamelan.nn.Losses.softmaxCrossEntropy;
import static dev.gamelan.nn.Optimizers.adam;

import dev.gamelan.nn.Batch;
import dev.gamelan.nn.Learner;
import dev.gamelan.nn.Model;
import dev.gamelan.runtime.Pool;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.RandomKey;
import dev.gamelan.tensor.Stepper;
import dev.gamelan.tensor.Tensor;
import java.util.Arrays;
import java.util.List;

/**
 * The project's own figures, one JSON line each. {@code w1} is an MLP 784-512-256-10 with ReLU, softmax cross-entropy and Adam,
 * trained in batches of 128; {@code w2} two convolutions 5x5 (32 and 64) with pooling, dense 512, dense 10, in batches of 64.
 *
 * <p>Usage: {@code Bench WORKLOAD [WARM_SECONDS [REPEAT_SECONDS]]}, one workload per process: w1.train, w1.infer, w2.train, w2.infer.
 */
public final class Bench {

    private static final int CLASSES = 10;

    private final Stopwatch watch;

    private Bench(Stopwatch watch) {
        this.watch = watch;
    }

    public static void main(String[] args) {
        if (args.length < 1 || args.length > 3) {
            System.err.println("usage: Bench WORKLOAD [WARM_SECONDS [REPEAT_SECONDS]]");
            System.exit(2);
        }
        double warm = args.length > 1 ? Double.parseDouble(args[1]) : 4;
        double repeat = args.length > 2 ? Double.parseDouble(args[2]) : 1.2;
        Stopwatch watch = new Stopwatch(args[0], Pool.shared().workers(), warm, repeat);
        new Bench(watch).run(args[0]);
        watch.peakMemory();
    }

    private void run(String workload) {
        switch (workload) {
            case "w1.train" -> train(mlp(), images(128, 784), 128);
            case "w1.infer" -> infer(mlp(), images(1, 784), images(256, 784), 256);
            case "w2.train" -> train(lenet(), images(64, 28, 28, 1), 64);
            case "w2.infer" -> infer(lenet(), images(1, 28, 28, 1), images(64, 28, 28, 1), 64);
            default -> throw new IllegalArgumentException("unknown workload '" + workload + "'; there are "
                    + List.of("w1.train", "w1.infer", "w2.train", "w2.infer"));
        }
    }

    private static Model<Tensor, Tensor> mlp() {
        return Model.of(Shape.of(784), dense(512), relu(), dense(256), relu(), dense(CLASSES));
    }

    private static Model<Tensor, Tensor> lenet() {
        return Model.of(Shape.of(28, 28, 1), conv2d(32, 5).padSame(), relu(), maxPool2d(2), conv2d(64, 5).padSame(), relu(), maxPool2d(2),
                flatten(), dense(512), relu(), dense(CLASSES));
    }

    private static Tensor images(int... dims) {
        return RandomKey.of(42).normal(dims).eval();
    }

    private static Tensor labels(int count) {
        return RandomKey.of(7).integers(CLASSES, Shape.of(count)).eval();
    }

    private void train(Model<Tensor, Tensor> model, Tensor images, int batch) {
        Learner<Tensor, Tensor> learner = model.learner(adam(1e-3));
        Stepper<Learner.State, Batch<Tensor, Tensor>, Tensor> stepper = Stepper.of(learner.init(RandomKey.of(1)),
                (Learner.State state, Batch<Tensor, Tensor> data) -> learner.step(state,
                        net -> softmaxCrossEntropy().apply(net.apply(data.input()), data.target()).mean()));
        Batch<Tensor, Tensor> data = new Batch<>(images, labels(batch));
        double[] loss = new double[1];
        watch.rate("train", "samples/s", batch, () -> loss[0] = stepper.step(data).item());
        System.err.printf("loss %.5f%n", loss[0]);
    }

    private void infer(Model<Tensor, Tensor> model, Tensor one, Tensor many, int batch) {
        float[] sum = new float[1];
        watch.latency("infer_b1", () -> sum[0] += model.apply(one).toFloatArray()[0]);
        watch.rate("infer_b" + batch, "samples/s", batch, () -> sum[0] += model.apply(many).toFloatArray()[0]);
        if (!Float.isFinite(sum[0])) {
            throw new IllegalStateException("not a number among " + Arrays.toString(sum));
        }
    }
}
