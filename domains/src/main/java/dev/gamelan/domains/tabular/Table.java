package dev.gamelan.domains.tabular;

import dev.gamelan.shape.FormatException;
import dev.gamelan.shape.NameException;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The text of a table; every row has a cell for every column. A column may have no name, as those that number rows often do.
 *
 * @param source where it is from, for messages
 */
public record Table(String source, List<String> columns, List<Row> rows) {

    /** @param line where the row starts in its file, from 1 */
    public record Row(long line, List<String> cells) {}

    public Table {
        columns = List.copyOf(columns);
        rows = List.copyOf(rows);
    }

    /**
     * The position of a column.
     *
     * @throws NameException if there is none of this name; the message lists the columns there are
     */
    public int column(String name) {
        int index = name.isEmpty() ? -1 : columns.indexOf(name);
        if (index < 0) {
            throw new NameException(source + " has no column '" + name + "'; its columns are "
                    + columns.stream().filter(column -> !column.isEmpty()).collect(Collectors.joining(", ")));
        }
        return index;
    }

    /** The cell, without space around it. */
    String cell(int row, int column) {
        return rows.get(row).cells().get(column).strip();
    }

    /** Some rows, in the order given. */
    public Table select(int[] which) {
        return new Table(source, columns, Arrays.stream(which).mapToObj(rows::get).toList());
    }

    /** An error in one cell, such as {@code prices.csv, line 7, column 'area': 'abc' is not a number}. */
    FormatException error(int row, int column, String what) {
        return new FormatException(source + ", line " + rows.get(row).line() + ", column '" + columns.get(column) + "': " + what);
    }
}
