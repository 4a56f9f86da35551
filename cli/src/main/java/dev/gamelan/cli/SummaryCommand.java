package dev.gamelan.cli;

import dev.gamelan.interop.onnx.Onnx;
import dev.gamelan.interop.onnx.OnnxModel;
import dev.gamelan.interop.onnx.OnnxSummary;
import dev.gamelan.nn.Model;
import dev.gamelan.nn.Summary;
import dev.gamelan.tensor.Tensor;
import java.nio.file.Path;
import java.util.Locale;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Shows what a saved model is made of. */
final class SummaryCommand extends CliCommand {

    private Path file = Path.of("");

    SummaryCommand() {
        super("summary", "Show a saved model's layers, shapes, parameters, FLOPs and memory.");
        arguments().parameter("MODEL", "A file that 'gamelan train' made, or FILE.onnx.", Path.class, path -> file = path);
    }

    @Override
    int run(ObjectNode result) {
        if (file.toString().endsWith(".onnx")) {
            return onnx(result);
        }
        Model<Tensor, Tensor> model = Model.load(file);
        Summary summary = model.summary();
        out().print(summary);
        out().flush();
        result.put("parameters", summary.parameters());
        result.put("flops", summary.flops());
        ArrayNode layers = result.putArray("layers");
        summary.layers().forEach(layer -> layers.addObject().put("path", layer.path()).put("kind", layer.kind())
                .put("parameters", layer.parameters()).put("flops", layer.flops()));
        return 0;
    }

    private int onnx(ObjectNode result) {
        OnnxModel model = Onnx.read(file);
        OnnxSummary summary = model.summary();
        model.inputs().forEach(name -> out().println("input   " + name + "  " + model.declared(name)));
        model.outputs().forEach(name -> out().println("output  " + name + "  " + model.declared(name)));
        model.operators().forEach((operator, count) -> out().println(String.format(Locale.ROOT, "%6d  %s", count, operator)));
        model.unsupported()
                .forEach((operator, count) -> out().println(String.format(Locale.ROOT, "%6d  %s is not supported", count, operator)));
        out().println(String.format(Locale.ROOT, "%,d nodes, %,d parameters%s", model.nodes(), summary.parameters(),
                summary.flops().map(flops -> String.format(Locale.ROOT, ", %,.3f MFLOPs with open extents of 1", flops / 1e6)).orElse("")));
        result.put("parameters", summary.parameters());
        result.put("flops", summary.flops().orElse(0L));
        ArrayNode layers = result.putArray("layers");
        summary.nodes().forEach(node -> layers.addObject().put("path", node.name()).put("kind", node.operator())
                .put("parameters", node.parameters()).put("flops", node.flops()));
        return 0;
    }
}
