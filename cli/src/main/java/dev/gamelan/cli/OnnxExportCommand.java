package dev.gamelan.cli;

import dev.gamelan.interop.onnx.Onnx;
import dev.gamelan.interop.onnx.OpenAxis;
import dev.gamelan.interop.onnx.export.GraphExport;
import dev.gamelan.nn.Model;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.TensorMap;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.node.ObjectNode;

/** Writes a trained model as ONNX. */
@Command(name = "export", description = "Write a trained model as ONNX.")
final class OnnxExportCommand extends CliCommand {

    @Parameters(index = "0", paramLabel = "MODEL", description = "A file that 'gamelan train' made.")
    Path file = Path.of("");

    @Parameters(index = "1", paramLabel = "FILE.onnx", description = "The file to write.")
    Path target = Path.of("");

    @Option(names = "--batch", paramLabel = "N", description = "A fixed number of examples at a time (default: any number).")
    int batch;

    @Override
    int run(ObjectNode result) {
        boolean fixed = spec().commandLine().getParseResult().hasMatchedOption("--batch");
        if (fixed && batch < 1) {
            throw wrongUsage("--batch must be at least 1, received " + batch);
        }
        if (file.toString().endsWith(".onnx")) {
            throw new Failures.Refused(file + " is an ONNX model by its name; use a model that 'gamelan train' made");
        }
        Model<Tensor, Tensor> model = Model.load(file);
        Tensor one = model.example().orElseThrow(() -> new Failures.Refused(file + " does not say what its inputs look like"));
        TensorMap example = TensorMap.of("input", fixed ? Tensor.zeros(one.dtype(), one.shape().with(0, batch)) : one);
        Onnx.write(target, model.parametric(), example, fixed ? new OpenAxis[0] : new OpenAxis[] {OpenAxis.of("batch", 0)});
        int nodes = Onnx.read(target).nodes();
        out().println(target + "  operator set " + GraphExport.VERSION + ", " + nodes + " nodes");
        result.put("opset", GraphExport.VERSION).put("nodes", nodes).put("out", target.toString());
        return 0;
    }
}
