package dev.gamelan.domains.tabular;

import java.util.OptionalDouble;
import java.util.Set;
import java.util.regex.Pattern;

/** What the text of a cell means. */
final class Cells {

    private static final Pattern NUMBER = Pattern.compile("[+-]?(\\d+\\.?\\d*|\\.\\d+)([eE][+-]?\\d{1,4})?");
    private static final Set<String> MISSING = Set.of("", "NA", "N/A", "NaN", "nan", "null", "NULL", "?");

    private Cells() {}

    /** Empty, or one of the usual words for an unknown value. */
    static boolean isMissing(String cell) {
        return MISSING.contains(cell);
    }

    /** A finite decimal number. */
    static OptionalDouble number(String cell) {
        if (!NUMBER.matcher(cell).matches()) {
            return OptionalDouble.empty();
        }
        double value = Double.parseDouble(cell);
        return Double.isFinite(value) ? OptionalDouble.of(value) : OptionalDouble.empty();
    }
}
