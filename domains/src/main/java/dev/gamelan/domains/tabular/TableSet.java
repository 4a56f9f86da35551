package dev.gamelan.domains.tabular;

import dev.gamelan.domains.data.Split;
import dev.gamelan.shape.FormatException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Rows to learn from and to test with, and how to encode both.
 *
 * @param encoder learned from {@code train} alone
 * @param notes   columns that were left out, and why
 */
public record TableSet(TableEncoder encoder, Table train, Table test, List<String> notes) {

    private static final int FEWEST_ROWS = 10;

    /**
     * Holds out a part of the rows, of each class if the target is one, and learns the encoding from the rest.
     *
     * @param task if absent, it is chosen by what the target column holds
     * @throws dev.gamelan.shape.NameException if there is no such column
     * @throws FormatException                 if a cell is not what its column is; the message names it
     */
    public static TableSet of(Table table, String target, Optional<Task> task, double testFraction, long seed) {
        int targetColumn = table.column(target);
        if (table.rows().size() < FEWEST_ROWS) {
            throw new FormatException(table.source() + " has " + table.rows().size() + " rows; at least " + FEWEST_ROWS + " are needed");
        }
        checkTarget(table, targetColumn);
        Task chosen = task.orElseGet(() -> Columns.task(table, targetColumn));
        List<String> labels = List.copyOf(Columns.values(table, targetColumn).keySet());
        Split split = switch (chosen) {
            case CLASSIFICATION -> Split.stratified(classes(table, targetColumn, labels), testFraction, seed);
            case REGRESSION -> Split.random(table.rows().size(), testFraction, seed);
        };
        Table train = table.select(split.kept());
        List<String> notes = new ArrayList<>();
        List<Feature> features = features(table, train, targetColumn, notes);
        TableEncoder encoder = new TableEncoder(features, target(chosen, train, targetColumn, labels));
        return new TableSet(encoder, train, table.select(split.held()), List.copyOf(notes));
    }

    private static void checkTarget(Table table, int column) {
        for (int row = 0; row < table.rows().size(); row++) {
            if (Cells.isMissing(table.cell(row, column))) {
                throw table.error(row, column, "the target is missing; remove the row");
            }
        }
    }

    private static int[] classes(Table table, int column, List<String> labels) {
        if (labels.size() < 2) {
            throw new FormatException(table.source() + ": the target '" + table.columns().get(column) + "' is always '"
                    + labels.getFirst() + "'; there is nothing to learn");
        }
        if (labels.size() > table.rows().size() / 2) {
            throw new FormatException(table.source() + ": the target '" + table.columns().get(column) + "' has " + labels.size()
                    + " labels in " + table.rows().size() + " rows; too many to learn");
        }
        return IntStream.range(0, table.rows().size()).map(row -> labels.indexOf(table.cell(row, column))).toArray();
    }

    private static List<Feature> features(Table table, Table train, int targetColumn, List<String> notes) {
        List<Feature> features = new ArrayList<>();
        for (int column = 0; column < table.columns().size(); column++) {
            if (column == targetColumn) {
                continue;
            }
            Optional<String> useless = Columns.useless(table, column);
            if (useless.isPresent()) {
                notes.add("column " + (column + 1) + " '" + table.columns().get(column) + "' is left out: " + useless.get());
            } else {
                features.add(Columns.learn(train, column, Columns.isNumeric(table, column)));
            }
        }
        if (features.stream().mapToInt(Feature::width).sum() == 0) {
            throw new FormatException(table.source() + " has no column to learn from besides the target '"
                    + table.columns().get(targetColumn) + "'");
        }
        return features;
    }

    private static Target target(Task task, Table train, int column, List<String> labels) {
        String name = train.columns().get(column);
        return switch (task) {
            case CLASSIFICATION -> new Target.Classes(name, labels);
            case REGRESSION -> {
                if (!Columns.isNumeric(train, column)) {
                    throw new FormatException(train.source() + ": the target '" + name + "' is not a number; regression needs one");
                }
                Columns.Moments moments = Columns.Moments.of(train, column);
                yield new Target.Number(name, moments.mean(), moments.deviation());
            }
        };
    }
}
