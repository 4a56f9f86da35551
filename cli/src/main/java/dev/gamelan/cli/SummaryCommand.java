package dev.gamelan.cli;

import dev.gamelan.nn.Model;
import dev.gamelan.nn.Summary;
import dev.gamelan.tensor.Tensor;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Shows what a saved model is made of. */
@Command(name = "summary", description = "Show a saved model's layers, shapes, parameters, FLOPs and memory.")
final class SummaryCommand extends CliCommand {

    @Parameters(index = "0", paramLabel = "MODEL", description = "A file that 'gamelan train' made.")
    Path file = Path.of("");

    @Override
    int run(ObjectNode result) {
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
}
