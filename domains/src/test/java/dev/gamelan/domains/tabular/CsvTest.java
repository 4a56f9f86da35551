package dev.gamelan.domains.tabular;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gamelan.shape.FormatException;
import dev.gamelan.shape.NameException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CsvTest {

    @TempDir
    Path folder;

    @Test
    void quotesHoldSeparatorsAndLineEnds() {
        Table table = Csv.parse("\uFEFFname, note\r\n\"a, \"\"b\"\"\",\"two\nlines\"\r\n\r\nc,d\r\n", "t.csv");
        assertEquals(List.of("name", "note"), table.columns());
        assertEquals(List.of("a, \"b\"", "two\nlines"), table.rows().get(0).cells());
        assertEquals(List.of("c", "d"), table.rows().get(1).cells());
        assertEquals(5, table.rows().get(1).line());
    }

    @Test
    void theSeparatorIsFound() {
        for (String separator : new String[] {",", ";", "\t", "|"}) {
            Table table = Csv.parse(String.join(separator, "a", "b", "c") + "\n" + String.join(separator, "1", "2", "3"), "t");
            assertEquals(List.of("a", "b", "c"), table.columns());
            assertEquals(List.of("1", "2", "3"), table.rows().getFirst().cells());
        }
        assertEquals(1, Csv.parse("only\n1\n", "t").columns().size());
    }

    @Test
    void betweenSemicolonsTheDecimalPointMayBeAComma() {
        assertEquals(List.of("-3.5", "a,b", ".5e-3"), Csv.parse("a;b;c\n-3,5;a,b;,5e-3\n", "t").rows().getFirst().cells());
        assertEquals(List.of("1,5", "2"), Csv.parse("a,b\n\"1,5\",2\n", "t").rows().getFirst().cells());
    }

    @Test
    void columnsMayHaveNoName() {
        Table table = Csv.parse(",a,\n1,2,\n", "t.csv");
        assertEquals(1, table.column("a"));
        assertEquals("t.csv has no column ''; its columns are a", assertThrows(NameException.class, () -> table.column("")).getMessage());
    }

    @Test
    void errorsNameFileAndLine() {
        refused("", "no rows");
        refused("a,b\n", "no rows");
        refused("a,b\n1,2\n3\n", "line 3: 1 cells, but there are 2 columns");
        refused("a,b\n1,2\n3,4,5\n", "line 3: 3 cells");
        refused("a,a\n1,2\n", "two columns are named 'a'");
        refused("1,2\n3,4\n", "the first line must name the columns");
        refused("a,b\n1,\"2\n3,4\n", "line 1");
        refused("a,b\n1,\"2\"x\n", "line 1");
    }

    @Test
    void filesThatCannotBeReadSaySo() throws IOException {
        Path latin = Files.write(folder.resolve("latin.csv"), "a,b\n\u00e9,1\n".getBytes(StandardCharsets.ISO_8859_1));
        assertTrue(assertThrows(FormatException.class, () -> Csv.read(latin)).getMessage().contains("UTF-8"));
        assertThrows(UncheckedIOException.class, () -> Csv.read(folder.resolve("absent.csv")));
    }

    @Test
    void anUnknownColumnListsTheOthers() {
        Table table = Csv.parse("a,b\n1,2\n", "t.csv");
        String message = assertThrows(NameException.class, () -> table.column("c")).getMessage();
        assertEquals("t.csv has no column 'c'; its columns are a, b", message);
    }

    private static void refused(String text, String reason) {
        String message = assertThrows(FormatException.class, () -> Csv.parse(text, "t.csv")).getMessage();
        assertTrue(message.startsWith("t.csv") && message.contains(reason), message);
        assertFalse(message.contains("\n"), message);
    }
}
