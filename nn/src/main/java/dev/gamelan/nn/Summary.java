package dev.gamelan.nn;

import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.Tree;
import dev.gamelan.tensor.Trees;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** The table of {@link Model#summary}. */
final class Summary {

    private Summary() {}

    static String of(Model<?, ?> model) {
        if (model.example().isEmpty()) {
            return model + "\n" + count(model.weights().count());
        }
        Trace trace = model.trace();
        Weights weights = trace.weights();
        List<List<String>> rows = new ArrayList<>();
        rows.add(List.of("layer", "kind", "output", "parameters"));
        for (Trace.Use use : trace.uses()) {
            long own = Trees.size(weights.parameters().at(use.path()));
            rows.add(List.of(use.path(), use.block().kind(), shapes(use.output()), own == 0 ? "" : String.format("%,d", own)));
        }
        return table(rows) + count(weights.count()) + "\n";
    }

    private static String count(long parameters) {
        return String.format("%,d parameters, %,.1f MB", parameters, parameters * 4 / 1e6);
    }

    /** Without the batch. */
    private static String shapes(Tree output) {
        return Trees.leaves(output).stream().map(Tensor::shape)
                .map(shape -> shape.rank() == 0 ? "()" : shape.slice(1, shape.rank()).toString()).collect(Collectors.joining(" "));
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
            StringBuilder line = new StringBuilder();
            for (int i = 0; i < widths.length; i++) {
                String rest = " ".repeat(widths[i] - row.get(i).length());
                line.append(i == widths.length - 1 ? rest + row.get(i) : row.get(i) + rest + "  ");
            }
            text.append(line.toString().stripTrailing()).append('\n');
        }
        return text.toString();
    }
}
