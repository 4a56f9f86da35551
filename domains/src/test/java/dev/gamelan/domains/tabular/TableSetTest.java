package dev.gamelan.domains.tabular;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gamelan.shape.FormatException;
import dev.gamelan.shape.GamelanException;
import dev.gamelan.shape.NameException;
import java.util.List;
import java.util.Optional;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TableSetTest {

    @Test
    void statisticsComeFromTheTrainingRowsAlone() {
        Table table = table("x,y", i -> i + "," + (i % 2 == 0 ? "no" : "yes"), 50);
        TableSet set = set(table, "y");
        assertEquals(40, set.train().rows().size());
        assertEquals(10, set.test().rows().size());
        Feature.Numeric x = assertInstanceOf(Feature.Numeric.class, set.encoder().features().getFirst());
        assertEquals(set.train().rows().stream().mapToInt(row -> Integer.parseInt(row.cells().getFirst())).average().orElseThrow(),
                x.mean(), 1e-9);
        float[] encoded = set.encoder().features(set.train());
        double mean = IntStream.range(0, 40).mapToDouble(i -> encoded[i]).average().orElseThrow();
        double square = IntStream.range(0, 40).mapToDouble(i -> encoded[i] * encoded[i]).average().orElseThrow();
        assertEquals(0, mean, 1e-6);
        assertEquals(1, square, 1e-5);
        assertEquals(List.of("no", "yes"), ((Target.Classes) set.encoder().target()).labels());
    }

    @Test
    void categoriesBecomeOneNumberEach() {
        Table table = table("color,size,y", i -> List.of("red", "green", "").get(i % 3) + ",7," + i % 2, 60);
        TableEncoder encoder = set(table, "y").encoder();
        assertEquals(new Feature.Categorical("color", List.of("green", "red", "")), encoder.features().getFirst());
        assertEquals(4, encoder.width());
        Table rows = Csv.parse("size,extra,color\n7,1,red\n7,1,NA\n7,1,blue\n", "p.csv");
        assertArrayEquals(new float[] {0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0}, encoder.features(rows));
    }

    @Test
    void aMissingNumberIsTheMeanAndMarked() {
        Table table = table("x,y", i -> (i % 5 == 0 ? "?" : "" + i % 7) + "," + i % 2, 60);
        TableEncoder encoder = set(table, "y").encoder();
        assertEquals(2, encoder.width());
        float[] encoded = encoder.features(Csv.parse("x\n\n3\nNA\n", "p.csv"));
        assertArrayEquals(new float[] {0, 1}, new float[] {encoded[encoded.length - 2], encoded[encoded.length - 1]});
        assertEquals(0, encoded[1]);
    }

    @Test
    void theTaskFollowsTheTarget() {
        assertInstanceOf(Target.Classes.class, set(table("x,y", i -> i + "," + i % 3, 60), "y").encoder().target());
        assertInstanceOf(Target.Number.class, set(table("x,y", i -> i + "," + i, 60), "y").encoder().target());
        assertInstanceOf(Target.Number.class, set(table("x,y", i -> i + "," + i % 3 / 2.0, 60), "y").encoder().target());
        Table numbers = table("x,y", i -> i + "," + i % 3, 60);
        assertInstanceOf(Target.Number.class,
                TableSet.of(numbers, "y", Optional.of(Task.REGRESSION), 0.2, 1).encoder().target());
    }

    @Test
    void aNumberComesBackInItsUnit() {
        TableSet set = set(table("x,y", i -> i + "," + (1000 + 3.5 * i), 60), "y");
        Target.Number target = (Target.Number) set.encoder().target();
        float[] scaled = set.encoder().values(set.test());
        for (int row = 0; row < scaled.length; row++) {
            assertEquals(Double.parseDouble(set.test().cell(row, 1)), target.unscale(scaled[row]), 1e-3);
        }
    }

    @Test
    void identifiersAndEmptyColumnsAreLeftOut() {
        TableSet set = set(table(",Id,name,nothing,x,y", i -> i + "," + (i + 1) + ",n" + i + ",," + i % 9 + "," + i % 2, 60), "y");
        assertEquals(List.of("x"), set.encoder().features().stream().map(Feature::name).toList());
        assertEquals(List.of("column 1 '' is left out: it has no name", "column 2 'Id' is left out: it numbers the rows",
                "column 3 'name' is left out: 60 different texts in 60 rows", "column 4 'nothing' is left out: it is empty"), set.notes());
    }

    @Test
    void numbersOfAnySizeAreScaled() {
        for (double size : new double[] {5e307, 1e-300, 1}) {
            TableSet set = TableSet.of(table("x,y", i -> size * (i % 7 - 3) / 3 + "," + size * (i % 5 - 2) / 2, 60), "y",
                    Optional.of(Task.REGRESSION), 0.2, 42);
            float[] x = set.encoder().features(set.train());
            float[] y = set.encoder().values(set.train());
            for (int i = 0; i < x.length; i++) {
                assertTrue(Math.abs(x[i]) < 3 && Math.abs(y[i]) < 3, x[i] + ", " + y[i]);
            }
            assertTrue(IntStream.range(0, x.length).anyMatch(i -> Math.abs(x[i]) > 1), "size " + size);
        }
    }

    @Test
    void theEncoderSurvivesAsJson() {
        for (String y : new String[] {"label", "number"}) {
            Table table = table("color,x,label,number", i -> (i % 2 == 0 ? "a" : "\"b \"\"\"") + "," + i + "," + i % 3 + "," + i / 7.0, 70);
            TableEncoder encoder = set(table, y).encoder();
            assertEquals(encoder, EncoderJson.read(EncoderJson.write(encoder)));
        }
        for (String bad : new String[] {"", "[]", "{}", "{\"features\":[{}],\"target\":{}}", "{\"features\":[],\"target\":{\"name\":1}}",
                "{\"features\":[],\"target\":{\"name\":\"y\",\"mean\":0,\"deviation\":0}}"}) {
            assertThrows(FormatException.class, () -> EncoderJson.read(bad), bad);
        }
    }

    @Test
    void mistakesNameFileLineAndColumn() {
        refused(table("x,y", i -> (i == 7 ? "abc" : "" + i) + "," + i % 2, 60), "y",
                "t.csv, line 9, column 'x': 'abc' is not a number, but 59 of the column's 60 values are");
        refused(table("x,y", i -> i + "," + (i == 3 ? "" : "" + i % 2), 60), "y", "t.csv, line 5, column 'y': the target is missing");
        refused(table("x,y", i -> i + ",same", 60), "y", "the target 'y' is always 'same'");
        refused(table("x,y", i -> i + ",l" + i, 60), "y", "60 labels in 60 rows");
        refused(table("y", i -> "" + i % 2, 60), "y", "no column to learn from");
        refused(table("x,y", i -> i + "," + i % 2, 5), "y", "at least 10 are needed");
        Table fine = table("x,y", i -> i + "," + i % 2, 60);
        assertThrows(NameException.class, () -> set(fine, "z"));
        TableEncoder encoder = set(fine, "y").encoder();
        assertThrows(NameException.class, () -> encoder.features(Csv.parse("z\n1\n", "p.csv")));
        assertTrue(assertThrows(FormatException.class, () -> encoder.features(Csv.parse("x\n1\nabc\n", "p.csv")))
                .getMessage().startsWith("p.csv, line 3, column 'x': 'abc' is not a number"));
        assertTrue(assertThrows(FormatException.class, () -> encoder.classes(Csv.parse("y\n1\n2\n", "p.csv")))
                .getMessage().contains("'2' is not one of the labels 0, 1"));
        assertTrue(assertThrows(FormatException.class,
                () -> TableSet.of(table("x,y", i -> i + (i % 2 == 0 ? ",a" : ",b"), 60), "y", Optional.of(Task.REGRESSION), 0.2, 1))
                .getMessage().contains("regression needs one"));
    }

    @Test
    void numbersAreDecimalAndFinite() {
        for (String number : new String[] {"1", "-2.5", "+3.", ".5", "1e3", "1E-05"}) {
            assertTrue(Cells.number(number).isPresent(), number);
        }
        for (String other : new String[] {"", "1d", "0x1p3", "Infinity", "1e400", "1,5", "1 2", "--1", "."}) {
            assertTrue(Cells.number(other).isEmpty(), other);
        }
    }

    private static void refused(Table table, String target, String reason) {
        String message = assertThrows(GamelanException.class, () -> set(table, target)).getMessage();
        assertTrue(message.contains(reason), message);
    }

    private static TableSet set(Table table, String target) {
        return TableSet.of(table, target, Optional.empty(), 0.2, 42);
    }

    private static Table table(String header, IntFunction<String> row, int rows) {
        return Csv.parse(header + "\n" + IntStream.range(0, rows).mapToObj(row).collect(Collectors.joining("\n")), "t.csv");
    }
}
