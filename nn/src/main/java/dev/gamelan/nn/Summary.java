package dev.gamelan.nn;

import dev.gamelan.ir.Flops;
import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Node;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.Tree;
import dev.gamelan.tensor.Trees;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * What a model is made of; as text it is a table.
 *
 * @param layers          in the order in which they run; a layer that uses others comes before them and includes them
 * @param parameters      numbers that are learned
 * @param flops           floating-point operations of inference for one example, a multiplication and addition being two
 * @param activationBytes of all layers' outputs for one example
 */
public record Summary(List<Row> layers, long parameters, long flops, long activationBytes) {

    public Summary {
        layers = List.copyOf(layers);
    }

    /**
     * A layer.
     *
     * @param outputs the shapes of its results, without the batch
     */
    public record Row(String path, String kind, List<Shape> outputs, long parameters, long flops) {

        public Row {
            outputs = List.copyOf(outputs);
        }
    }

    static Summary of(Model<?, ?> model) {
        if (model.example().isEmpty()) {
            return new Summary(List.of(), model.weights().count(), 0, 0);
        }
        Model.Traced traced = model.structure();
        Weights weights = traced.weights();
        Graph graph = Graph.of(List.of(), Trees.leaves(traced.output()).stream().map(Tensor::node).toList());
        List<Row> rows = new ArrayList<>();
        long bytes = 0;
        for (Trace.Use use : traced.uses()) {
            rows.add(new Row(use.path(), use.block().kind(), shapes(use.output()), Trees.size(weights.parameters().at(use.path())),
                    flops(graph, use.path())));
            bytes += traced.uses().stream().anyMatch(other -> other.path().startsWith(use.path() + ".")) ? 0
                    : Trees.leaves(use.output()).stream().mapToLong(leaf -> leaf.size() * leaf.dtype().bytes()).sum();
        }
        return new Summary(rows, weights.count(), flops(graph, ""), bytes);
    }

    /** Without the batch. */
    private static List<Shape> shapes(Tree output) {
        return Trees.leaves(output).stream().map(Tensor::shape).map(shape -> shape.rank() == 0 ? shape : shape.without(0)).toList();
    }

    private static long flops(Graph graph, String path) {
        return graph.nodes().stream().filter(node -> isBelow(node, path)).mapToLong(node -> Flops.of(graph, node)).sum();
    }

    private static boolean isBelow(Node node, String path) {
        String layer = node.origin().layer();
        return path.isEmpty() || layer != null && (layer.equals(path) || layer.startsWith(path + "."));
    }

    // ---- text ----------------------------------------------------------------------------------------------------

    /** A line per layer, and the sums. */
    @Override
    public String toString() {
        List<List<String>> cells = new ArrayList<>();
        cells.add(List.of("layer", "kind", "output", "parameters", "MFLOPs"));
        for (Row row : layers) {
            cells.add(List.of(row.path, row.kind, row.outputs.stream().map(Shape::toString).collect(Collectors.joining(" ")),
                    row.parameters == 0 ? "" : String.format(Locale.ROOT, "%,d", row.parameters), millions(row.flops)));
        }
        return (layers.isEmpty() ? "" : table(cells))
                + String.format(Locale.ROOT, "%,d parameters (%,.1f MB)", parameters, parameters * 4 / 1e6)
                + (layers.isEmpty() ? ""
                        : String.format(Locale.ROOT, ", %s MFLOPs and %,.1f MB of activations per example", millions(flops),
                                activationBytes / 1e6))
                + "\n";
    }

    private static String millions(long flops) {
        return String.format(Locale.ROOT, "%,.3f", flops / 1e6);
    }

    private static String table(List<List<String>> rows) {
        int[] widths = new int[rows.getFirst().size()];
        rows.forEach(row -> {
            for (int i = 0; i < widths.length; i++) {
                widths[i] = Math.max(widths[i], row.get(i).length());
            }
        });
        StringBuilder text = new StringBuilder();
        for (List<String> row : rows) {
            for (int i = 0; i < widths.length; i++) {
                String rest = " ".repeat(widths[i] - row.get(i).length());
                text.append(i >= 3 ? rest + row.get(i) : row.get(i) + rest).append(i == widths.length - 1 ? "\n" : "  ");
            }
        }
        return text.toString();
    }
}
