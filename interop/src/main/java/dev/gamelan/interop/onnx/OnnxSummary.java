package dev.gamelan.interop.onnx;

import dev.gamelan.interop.onnx.ops.NeedsValue;
import dev.gamelan.interop.onnx.proto.NodeProto;
import dev.gamelan.interop.onnx.value.Knowledge;
import dev.gamelan.interop.onnx.value.Value;
import dev.gamelan.ir.Flops;
import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Ops;
import dev.gamelan.ir.Type;
import dev.gamelan.shape.GamelanException;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What an ONNX model is made of.
 *
 * @param nodes in the order in which they run
 * @param parameters numbers in the file
 * @param flops floating-point operations of one run with every extent that the file leaves open being 1; nothing if shapes
 *             depend on values
 */
public record OnnxSummary(List<Row> nodes, long parameters, Optional<Long> flops) {

    public OnnxSummary {
        nodes = List.copyOf(nodes);
    }

    /** A node of the graph. */
    public record Row(String name, String operator, long parameters, long flops) {}

    static OnnxSummary of(ModelFile file, Constants constants, List<String> inputs, List<String> outputs) {
        Map<String, Long> flops = new HashMap<>();
        Optional<Long> total = flops(file, constants, inputs, outputs, flops);
        List<Row> rows = new ArrayList<>();
        Set<String> counted = new HashSet<>();
        for (NodeProto node : file.proto().getGraph().getNodeList()) {
            long own = node.getInputList().stream().filter(counted::add).mapToLong(input -> size(constants.initializers().get(input)))
                    .sum();
            rows.add(new Row(Walker.label(node), Walker.operator(node), own, flops.getOrDefault(Walker.label(node), 0L)));
        }
        long parameters = constants.initializers().values().stream().mapToLong(OnnxSummary::size).sum();
        return new OnnxSummary(rows, parameters, total);
    }

    private static long size(@org.jspecify.annotations.Nullable Value value) {
        return value instanceof Value.Numbers numbers ? numbers.tensor().size() : 0;
    }

    /** @param byNode grows by the operations of each node */
    private static Optional<Long> flops(ModelFile file, Constants constants, List<String> inputs, List<String> outputs,
            Map<String, Long> byNode) {
        try {
            Map<String, Value> values = new LinkedHashMap<>();
            file.proto().getGraph().getInputList().stream().filter(info -> inputs.contains(info.getName())).forEach(info -> {
                Type type = Declared.example(info);
                Value.Numbers value = Value.of(Declared.element(info), Tensor.of(Ops.input(type, info.getName())));
                values.put(info.getName(), value.with(Knowledge.INPUTS));
            });
            List<Node> results = new ArrayList<>();
            for (Value output : Walker.run(file, constants, values, outputs)) {
                if (output instanceof Value.Numbers numbers) {
                    results.add(numbers.tensor().node());
                }
            }
            Graph graph = Graph.of(List.of(), results);
            long total = 0;
            for (Node node : graph.nodes()) {
                long own = Flops.of(graph, node);
                total += own;
                byNode.merge(String.valueOf(node.origin().layer()), own, Long::sum);
            }
            return Optional.of(total);
        } catch (GamelanException | NeedsValue e) {
            return Optional.empty();
        }
    }

    /** Extents that a file leaves open are 1. */
    static Shape closed(List<Long> dims) {
        return Shape.of(dims.stream().mapToInt(dim -> dim < 1 ? 1 : Math.toIntExact(dim)).toArray());
    }
}
