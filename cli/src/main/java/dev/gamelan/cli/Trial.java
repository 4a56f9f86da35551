package dev.gamelan.cli;

import dev.gamelan.cli.bench.Bench;
import dev.gamelan.cli.bench.Plan;
import dev.gamelan.interop.npy.Npy;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Tensor;
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
            if (Main.run(command.toArray(String[]::new), System.out, System.err) != 0) {
                throw new IllegalStateException("gamelan " + String.join(" ", command) + " failed");
            }
        }
        for (String workload : List.of("w2.infer", "w4.infer", "w5.infer")) {
            Bench.run(workload, new Plan(0, 1, 0));
        }
    }
}
