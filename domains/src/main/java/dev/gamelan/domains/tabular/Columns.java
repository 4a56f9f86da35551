package dev.gamelan.domains.tabular;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/** Finds out from a table's text what its columns hold. */
final class Columns {

    /** From this share of numbers on, what is not a number is taken for a mistake, not for a category. */
    private static final double MOSTLY = 0.8;
    private static final int MOST_CLASSES_OF_NUMBERS = 20;
    private static final int MANY_VALUES = 20;
    private static final int MOST_VALUES = 1000;
    private static final Set<String> ROW_NUMBERS = Set.of("id", "index", "row", "rowid", "row_id", "rownames", "nr", "no", "#");

    private Columns() {}

    /**
     * Whether a column holds numbers.
     *
     * @throws dev.gamelan.shape.FormatException if nearly all its cells do, and one does not; the message names it
     */
    static boolean isNumeric(Table table, int column) {
        int known = 0;
        int numbers = 0;
        int firstOther = -1;
        for (int row = 0; row < table.rows().size(); row++) {
            String cell = table.cell(row, column);
            if (!Cells.isMissing(cell)) {
                known++;
                if (Cells.number(cell).isPresent()) {
                    numbers++;
                } else if (firstOther < 0) {
                    firstOther = row;
                }
            }
        }
        if (numbers < known && numbers >= MOSTLY * known) {
            throw table.error(firstOther, column, "'" + table.cell(firstOther, column) + "' is not a number, but "
                    + numbers + " of the column's " + known + " values are; correct it, or leave the cell empty");
        }
        return known > 0 && numbers == known;
    }

    /** Whether the target is one of a few labels: text, or few whole numbers. */
    static Task task(Table table, int column) {
        if (!isNumeric(table, column)) {
            return Task.CLASSIFICATION;
        }
        Set<String> distinct = values(table, column).keySet();
        boolean whole = distinct.stream().allMatch(cell -> Cells.number(cell).orElse(0) % 1 == 0);
        int few = Math.clamp(table.rows().size() / 5, 2, MOST_CLASSES_OF_NUMBERS);
        return whole && distinct.size() <= few ? Task.CLASSIFICATION : Task.REGRESSION;
    }

    /** The values that are not missing and how often each is there, sorted; numbers by size. */
    static TreeMap<String, Integer> values(Table table, int column) {
        TreeMap<String, Integer> counts = new TreeMap<>(
                Comparator.comparingDouble((String cell) -> Cells.number(cell).orElse(Double.MAX_VALUE))
                        .thenComparing(Comparator.naturalOrder()));
        for (int row = 0; row < table.rows().size(); row++) {
            String cell = table.cell(row, column);
            if (!Cells.isMissing(cell)) {
                counts.merge(cell, 1, Integer::sum);
            }
        }
        return counts;
    }

    /** Why a column is no use as a feature, if so. */
    static Optional<String> useless(Table table, int column) {
        if (table.columns().get(column).isEmpty()) {
            return Optional.of("it has no name");
        }
        TreeMap<String, Integer> values = values(table, column);
        int known = values.values().stream().mapToInt(Integer::intValue).sum();
        if (values.isEmpty()) {
            return Optional.of("it is empty");
        }
        if (isNumeric(table, column)) {
            boolean counts = ROW_NUMBERS.contains(table.columns().get(column).toLowerCase(Locale.ROOT))
                    && values.size() == table.rows().size();
            return counts ? Optional.of("it numbers the rows") : Optional.empty();
        }
        boolean identifier = values.size() > MANY_VALUES && values.size() > known / 2;
        return identifier || values.size() > MOST_VALUES
                ? Optional.of(values.size() + " different texts in " + known + " rows") : Optional.empty();
    }

    /** What a column's encoding needs to know, from these rows. */
    static Feature learn(Table rows, int column, boolean numeric) {
        String name = rows.columns().get(column);
        if (!numeric) {
            List<String> values = new ArrayList<>(values(rows, column).keySet());
            if (IntStream.range(0, rows.rows().size()).anyMatch(row -> Cells.isMissing(rows.cell(row, column)))) {
                values.add("");
            }
            return new Feature.Categorical(name, values);
        }
        Moments moments = Moments.of(rows, column);
        return new Feature.Numeric(name, moments.mean(), moments.deviation(), moments.missing() > 0);
    }

    /** Mean and standard deviation of the cells that are there; 0 and 1 where that says nothing. */
    record Moments(double mean, double deviation, int missing) {

        static Moments of(Table rows, int column) {
            double[] numbers = IntStream.range(0, rows.rows().size()).mapToObj(row -> Cells.number(rows.cell(row, column)))
                    .filter(OptionalDouble::isPresent).mapToDouble(OptionalDouble::getAsDouble).toArray();
            // In units of the largest, of which no sum and no square overflows.
            double unit = DoubleStream.of(numbers).map(Math::abs).filter(x -> x > 0).max().orElse(1);
            double mean = DoubleStream.of(numbers).map(x -> x / unit).average().orElse(0);
            double deviation = Math.sqrt(DoubleStream.of(numbers).map(x -> (x / unit - mean) * (x / unit - mean)).average().orElse(0));
            boolean flat = deviation * unit <= 1e-12 * Math.abs(mean * unit);
            return new Moments(mean * unit, flat ? 1 : deviation * unit, rows.rows().size() - numbers.length);
        }
    }
}
