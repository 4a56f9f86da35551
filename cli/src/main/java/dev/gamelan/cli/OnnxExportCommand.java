package dev.gamelan.cli;

import dev.gamelan.interop.onnx.Onnx;
import dev.gamelan.interop.onnx.OpenAxis;
import dev.gamelan.interop.onnx.export.GraphExport;
import dev.gamelan.nn.Model;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.TensorMap;
import java.nio.file.Path;
import tools.jackson.databind.node.ObjectNode;

/** Writes a trained model as ONNX. */
final class OnnxExportCommand extends CliCommand {

    private Path file = Path.of("");
    private Path target = Path.of("");
    private int batch;

    OnnxExportCommand() {
        super("export", "Write a trained model as ONNX.");
        arguments().parameter("MODEL", "A file that 'gamelan train' made.", Path.class, path -> file = path)
                .parameter("FILE.onnx", "The file to write.", Path.class, path -> target = path)
                .option("--batch", "N", "A fixed number of examples at a time (default: any number).", int.class, number -> batch = number);
    }

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
