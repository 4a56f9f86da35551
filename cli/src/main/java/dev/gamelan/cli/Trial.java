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

import dev.gamelan.cli.bench.Bench;
import dev.gamelan.cli.bench.Plan;
import dev.gamelan.domains.text.Gpt;
import dev.gamelan.interop.npy.Npy;
import dev.gamelan.interop.onnx.Onnx;
import dev.gamelan.interop.onnx.OpenAxis;
import dev.gamelan.nn.Model;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.TensorMap;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * Uses a little of everything once: what is loaded and linked meanwhile, ./gamelan keeps for quick starts. The argument is a folder for
 * what comes out.
 */
final class Trial {

    private Trial() {}

    public static void main(String[] args) throws IOException {
        Path folder = Path.of(args[0]);
        String model = folder.resolve("digits.safetensors").toString();
        String onnx = folder.resolve("digits.onnx").toString();
        Path image = folder.resolve("image.npy");
        Npy.write(image, Tensor.zeros(DType.UINT8, Shape.of(1, 8, 8, 1)).data());
        for (List<String> command : List.of(
                List.of("train", "digits", "--epochs", "1", "--quiet", "--out", model, "--run", folder.resolve("run").toString()),
                List.of("evaluate", model, "--quiet"),
                List.of("summary", model),
                List.of("onnx", "export", model, onnx),
                List.of("onnx", "run", onnx, "--input", "input=" + image))) {
            run(command);
        }
        importModel(folder.resolve("vision.onnx"),
                Model.of(DType.FLOAT32, Shape.of(32, 32, 8), sequential(conv2d(32, 3).padSame(), batchNorm(),
                        relu(), conv2d(32, 3).padSame().groups(32), gelu(), maxPool2d(2), conv2d(64, 1), sigmoid(), globalAvgPool(),
                        dense(16))));
        importModel(folder.resolve("text.onnx"), Model.of(DType.INT32, Shape.of(16), new Gpt(32, 16, 32, 1, 2)));
        for (String workload : List.of("w2.infer", "w4.infer", "w5.infer")) {
            Bench.run(workload, new Plan(0, 1, 0));
        }
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
