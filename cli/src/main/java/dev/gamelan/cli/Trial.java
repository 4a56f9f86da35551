package dev.gamelan.cli;

import static dev.gamelan.nn.Layers.batchNorm;
import static dev.gamelan.nn.Layers.conv2d;
import static dev.gamelan.nn.Layers.dense;
import static dev.gamelan.nn.Layers.gelu;
import static dev.gamelan.nn.Layers.globalAvgPool;
import static dev.gamelan.nn.Layers.maxPool2d;
import static dev.gamelan.nn.Layers.relu;
import static dev.gamelan.nn.Layers.sequential;
import static dev.gamelan.nn.Layers.sigmoid;
import static dev.gamelan.nn.Losses.softmaxCrossEntropy;
import static dev.gamelan.nn.Optimizers.adamW;
import static dev.gamelan.nn.Optimizers.sgd;

import dev.gamelan.cli.bench.Bench;
import dev.gamelan.cli.bench.Plan;
import dev.gamelan.domains.text.Gpt;
import dev.gamelan.domains.vision.ResNet;
import dev.gamelan.interop.npy.Npy;
import dev.gamelan.interop.onnx.Onnx;
import dev.gamelan.interop.onnx.OpenAxis;
import dev.gamelan.nn.Batch;
import dev.gamelan.nn.Layer;
import dev.gamelan.nn.Learner;
import dev.gamelan.nn.Model;
import dev.gamelan.nn.Optimizer;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.RandomKey;
import dev.gamelan.tensor.Stepper;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.TensorMap;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/**
 * Uses a little of everything once that a group of commands needs: what is loaded and linked meanwhile, ./gamelan keeps for quick starts.
 * The arguments are a folder for what comes out, the same for each group, and the group, in the order in which they are declared.
 */
final class Trial {

    /** What the models' trial leaves to the others: saving it takes classes, as those for JSON, that they do not need. */
    private static final String SAVED = "saved.safetensors";

    private Trial() {}

    /** Commands that need much the same classes. A JVM loads all of its cache when it starts, so each group has a cache of its own. */
    private enum Group {
        MODELS, ONNX, OTHERS
    }

    public static void main(String[] args) throws IOException {
        Path folder = Path.of(args[0]);
        switch (Group.valueOf(args[1].toUpperCase(Locale.ROOT))) {
            case MODELS -> models(folder);
            case ONNX -> onnx(folder);
            case OTHERS -> others(folder);
        }
    }

    private static void models(Path folder) {
        Model.of(DType.FLOAT32, Shape.of(32, 32, 8), small()).save(folder.resolve(SAVED));
        String model = folder.resolve("digits.safetensors").toString();
        run(List.of("train", "digits", "--epochs", "1", "--quiet", "--out", model, "--run", folder.resolve("run").toString()));
        run(List.of("evaluate", model, "--quiet"));
        run(List.of("summary", model));
        run(List.of("onnx", "export", model, folder.resolve("digits.onnx").toString()));
    }

    private static void onnx(Path folder) throws IOException {
        importModel(folder.resolve("vision.onnx"),
                Model.of(DType.FLOAT32, Shape.of(32, 32, 8), sequential(conv2d(32, 3).padSame(), batchNorm(), relu(),
                        conv2d(32, 3).padSame().groups(32), gelu(), maxPool2d(2), conv2d(64, 1), sigmoid(), globalAvgPool(), dense(512),
                        dense(512))));
        importModel(folder.resolve("text.onnx"), Model.of(DType.INT32, Shape.of(16), new Gpt(32, 16, 32, 1, 2)));
        importFunction(folder.resolve("tokens.onnx"));
        for (TrialModel each : TrialModel.values()) {
            importModel(folder.resolve(each + ".onnx"), each);
        }
        infer();
    }

    private static void others(Path folder) {
        run(List.of("--version"));
        run(List.of("bench", "--help"));
        infer(Model.load(folder.resolve(SAVED), small()), Tensor.zeros(1, 32, 32, 8));
        train(Model.of(DType.FLOAT32, Shape.of(32, 32, 3), ResNet.small(8, 10)), sgd(0.01, 0.9), Tensor.zeros(4, 32, 32, 3),
                Tensor.zeros(DType.INT32, Shape.of(4)));
        Tensor ids = Tensor.zeros(DType.INT32, Shape.of(2, 32));
        train(Model.of(DType.INT32, Shape.of(32), new Gpt(32, 32, 32, 1, 2)), adamW(1e-3, 0.01), ids, ids);
        infer();
    }

    private static Layer small() {
        return sequential(conv2d(32, 3).padSame(), batchNorm(), relu(), globalAvgPool(), dense(16));
    }

    private static void infer() {
        infer(Model.of(DType.FLOAT32, Shape.of(32, 32, 3), ResNet.small(8, 10)), Tensor.zeros(4, 32, 32, 3));
        infer(Model.of(DType.INT32, Shape.of(32), new Gpt(32, 32, 32, 1, 2)), Tensor.zeros(DType.INT32, Shape.of(2, 32)));
        for (String workload : List.of("w2.infer", "w4.infer", "w5.infer")) {
            Bench.run(workload, new Plan(0, 1, 0));
        }
    }

    private static void infer(Model<Tensor, Tensor> model, Tensor input) {
        System.out.println(model.apply(input).eval().shape());
    }

    private static void train(Model<Tensor, Tensor> model, Optimizer optimizer, Tensor input, Tensor target) {
        Learner<Tensor, Tensor> learner = model.learner(optimizer);
        Stepper<Learner.State, Batch<Tensor, Tensor>, Tensor> stepper = Stepper.of(learner.init(RandomKey.of(1)),
                (Learner.State state, Batch<Tensor, Tensor> data) -> learner.step(state,
                        net -> softmaxCrossEntropy().apply(net.apply(data.input()), data.target()).mean()));
        for (int i = 0; i < 2; i++) {
            System.out.println(stepper.step(new Batch<>(input, target)).item());
        }
    }

    /** As the encoders of sentences that PyTorch exports: tokens are INT64, padding is masked, and all tokens are averaged. */
    private static void importFunction(Path file) throws IOException {
        Tensor table = RandomKey.of(1).normal(Shape.of(64, 32));
        Tensor example = Tensor.zeros(DType.INT64, Shape.of(1, 16));
        Path input = file.resolveSibling("tokens.npy");
        Npy.write(input, example.data());
        Onnx.write(file, (Tensor tokens) -> {
            Tensor x = table.take(0, tokens.cast(DType.INT32));
            Tensor shown = tokens.ne(0).cast(DType.FLOAT32);
            Tensor scores = x.matmul(x.swapAxes(-1, -2)).div(Math.sqrt(32)).add(shown.sub(1).mul(1e9).reshape(1, 1, 16));
            return scores.softmax(-1).matmul(x).gelu().mul(shown.reshape(1, 16, 1)).mean(1);
        }, example);
        run(List.of("onnx", "run", file.toString(), "--input", "input=" + input));
    }

    private static void importModel(Path file, TrialModel model) throws IOException {
        Path input = file.resolveSibling(model + ".npy");
        Npy.write(input, model.example());
        model.write(file);
        run(List.of("onnx", "run", file.toString(), "--input", model.input() + "=" + input));
    }

    private static void importModel(Path file, Model<Tensor, Tensor> model) throws IOException {
        Tensor example = model.example().orElseThrow();
        Path input = file.resolveSibling("input.npy");
        Npy.write(input, example.data());
        Onnx.write(file, model.parametric(), TensorMap.of("input", example), OpenAxis.of("batch", 0));
        run(List.of("onnx", "run", file.toString(), "--input", "input=" + input));
    }

    private static void run(List<String> command) {
        if (Main.run(command.toArray(String[]::new), System.out, System.err) != 0) {
            throw new IllegalStateException("gamelan " + String.join(" ", command) + " failed");
        }
    }
}
