package dev.gamelan.domains.tabular;

import de.siegmar.fastcsv.reader.CsvParseException;
import de.siegmar.fastcsv.reader.CsvReader;
import de.siegmar.fastcsv.reader.CsvRecord;
import de.siegmar.fastcsv.reader.FieldMismatchStrategy;
import dev.gamelan.interop.files.AtomicFile;
import dev.gamelan.shape.FormatException;
import java.io.IOException;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Reads CSV as RFC 4180 has it: UTF-8, the first line names the columns, quotes may hold separators and line ends. The
 * separator is the one of comma, semicolon, tab and bar that the first line has most of. Between semicolons a number may
 * have a decimal comma, {@code 3,5}, as in much of Europe; it is read as {@code 3.5}. Empty lines are passed over.
 */
public final class Csv {

    private static final Pattern DECIMAL_COMMA = Pattern.compile("\\s*[+-]?\\d*,\\d+([eE][+-]?\\d+)?\\s*");
    private static final String BYTE_ORDER_MARK = "\uFEFF";

    private Csv() {}

    /**
     * @throws FormatException      if a line has too many or too few cells, a quote is not closed, two columns have
     *                              the same name, or there are no rows; the message names the line
     * @throws UncheckedIOException if the file cannot be read
     */
    public static Table read(Path file) {
        try {
            byte[] bytes = Files.readAllBytes(file);
            return parse(StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString(), file.toString());
        } catch (CharacterCodingException e) {
            throw new FormatException(file + " is not text in UTF-8; save it in that encoding", e);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file + ": " + AtomicFile.reason(e), e);
        }
    }

    /** @param source for messages; errors as in {@link #read} */
    public static Table parse(String text, String source) {
        String content = text.startsWith(BYTE_ORDER_MARK) ? text.substring(1) : text;
        char separator = separator(content);
        List<CsvRecord> records = records(content, separator, source);
        if (records.size() < 2) {
            throw new FormatException(source + " has no rows; expected a line with the names of the columns and lines with values");
        }
        List<String> columns = columns(records.getFirst(), source);
        List<Table.Row> rows = new ArrayList<>(records.size() - 1);
        for (CsvRecord record : records.subList(1, records.size())) {
            if (record.getFieldCount() != columns.size()) {
                throw new FormatException(source + ", line " + record.getStartingLineNumber() + ": " + record.getFieldCount()
                        + " cells, but there are " + columns.size() + " columns");
            }
            List<String> cells = separator == ';' ? record.getFields().stream().map(Csv::decimal).toList() : record.getFields();
            rows.add(new Table.Row(record.getStartingLineNumber(), cells));
        }
        return new Table(source, columns, rows);
    }

    private static List<CsvRecord> records(String text, char separator, String source) {
        List<CsvRecord> records = new ArrayList<>();
        try (CsvReader<CsvRecord> reader = CsvReader.builder().fieldSeparator(separator)
                .allowUnclosedQuote(false).allowExtraCharsAfterClosingQuote(false)
                .missingFieldStrategy(FieldMismatchStrategy.IGNORE).extraFieldStrategy(FieldMismatchStrategy.IGNORE)
                .ofCsvRecord(new StringReader(text))) {
            reader.forEach(records::add);
            return records;
        } catch (CsvParseException e) {
            throw new FormatException(source + ", after line " + (records.isEmpty() ? 0 : records.getLast().getStartingLineNumber())
                    + ": " + cause(e), e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String cause(Throwable e) {
        return e.getCause() == null ? String.valueOf(e.getMessage()) : cause(e.getCause());
    }

    private static char separator(String text) {
        String first = text.lines().filter(line -> !line.isBlank()).findFirst().orElse("");
        char best = ',';
        for (char candidate : new char[] {';', '\t', '|'}) {
            if (count(first, candidate) > count(first, best)) {
                best = candidate;
            }
        }
        return best;
    }

    private static String decimal(String cell) {
        return DECIMAL_COMMA.matcher(cell).matches() ? cell.replace(',', '.') : cell;
    }

    private static long count(String line, char c) {
        return line.chars().filter(each -> each == c).count();
    }

    private static List<String> columns(CsvRecord header, String source) {
        List<String> columns = header.getFields().stream().map(String::strip).toList();
        Set<String> seen = new HashSet<>();
        for (String column : columns) {
            if (!column.isEmpty() && !seen.add(column)) {
                throw new FormatException(source + ", line " + header.getStartingLineNumber() + ": two columns are named '" + column + "'");
            }
        }
        if (columns.size() > 1 && columns.stream().allMatch(column -> Cells.number(column).isPresent())) {
            throw new FormatException(source + ", line " + header.getStartingLineNumber()
                    + ": only numbers; the first line must name the columns");
        }
        return columns;
    }
}
