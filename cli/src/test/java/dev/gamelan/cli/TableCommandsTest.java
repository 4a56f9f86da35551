package dev.gamelan.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class TableCommandsTest {

    @TempDir
    Path folder;

    @Test
    void classesAreLearnedFromATable() throws IOException {
        Path csv = flowers();
        Path out = folder.resolve("m.safetensors");
        JsonNode result = Gamelan.json("train", csv, "--target", "kind", "--out", out, "--epochs", 40);
        assertEquals("mlp", result.get("model").stringValue());
        assertTrue(result.get("test_accuracy").doubleValue() > 0.9, result.toString());
        assertEquals(result.get("test_accuracy"), Gamelan.json("evaluate", out).get("accuracy"));
        assertEquals(120, Gamelan.json("evaluate", out, copy(csv)).get("examples").intValue());

        Path rows = Files.writeString(folder.resolve("rows.csv"), "color,length\nred,1.0\nblue,9\n");
        JsonNode predictions = Gamelan.json("predict", out, rows, "1.1,red").get("predictions");
        assertEquals(rows + ":2", predictions.get(0).get("input").stringValue());
        assertEquals("small", predictions.get(0).get("label").stringValue());
        assertEquals("large", predictions.get(1).get("label").stringValue());
        assertEquals("1.1,red", predictions.get(2).get("input").stringValue());
        assertEquals("small", predictions.get(2).get("label").stringValue());
        assertTrue(predictions.get(2).get("probability").doubleValue() > 0.5);
    }

    @Test
    void numbersComeOutInTheUnitOfTheTable() throws IOException {
        StringBuilder text = new StringBuilder("area,city,price\n");
        Random random = new Random(3);
        for (int i = 0; i < 200; i++) {
            double area = 50 + 100 * random.nextDouble();
            text.append(String.format(Locale.ROOT, "%.2f,%s,%.0f%n", area, i % 2 == 0 ? "A" : "B", 1e5 + 3000 * area + (i % 2) * 5e4));
        }
        Path csv = Files.writeString(folder.resolve("homes.csv"), text);
        Path out = folder.resolve("m.safetensors");
        JsonNode result = Gamelan.json("train", csv, "--target", "price", "--out", out);
        assertTrue(result.get("test_rmse").doubleValue() < 15_000, result.toString());
        assertEquals(result.get("test_rmse"), Gamelan.json("evaluate", out).get("rmse"));
        double price = Gamelan.json("predict", out, "100,A").get("predictions").get(0).get("value").doubleValue();
        assertEquals(400_000, price, 30_000);
    }

    @Test
    void mistakesInTablesAreNamed() throws IOException {
        Path csv = flowers();
        Path out = folder.resolve("m.safetensors");
        Gamelan.fails(2, List.of("--target"), "train", csv);
        Gamelan.fails(1, List.of("no column 'sort'", "length, color, kind"), "train", csv, "--target", "sort", "--out", out);
        Path broken = Files.writeString(folder.resolve("broken.csv"), Files.readString(csv).replaceFirst("\n[^,\n]*,", "\nlong,"));
        Gamelan.fails(1, List.of("broken.csv, line 2, column 'length': 'long' is not a number"), "train", broken, "--target", "kind",
                "--out", out);
        Gamelan.fails(1, List.of("no rows"), "train", Files.writeString(folder.resolve("empty.csv"), ""), "--target", "kind", "--out", out);
        Gamelan.fails(2, List.of("--task", "guessing"), "train", csv, "--target", "kind", "--task", "guessing");
        assertFalse(Files.exists(out));

        Gamelan.json("train", csv, "--target", "kind", "--out", out, "--epochs", 1);
        Gamelan.fails(1, List.of("no column 'length'"), "predict", out, Files.writeString(folder.resolve("p.csv"), "x\n1\n"));
        Gamelan.fails(1, List.of("line 3, column 'length': 'abc' is not a number"), "predict", out,
                Files.writeString(folder.resolve("p.csv"), "length,color\n1,red\nabc,red\n"));
        Gamelan.fails(1, List.of("columns length, color"), "predict", out, "1,2,3,4");
        Gamelan.fails(1, List.of("there is no such file"), "predict", out, folder.resolve("absent.csv"));
        Gamelan.fails(1, List.of("does not fit"), "evaluate", out, "digits");
        Files.writeString(csv, "length,color,kind\n".concat("1,red,small\n2,blue,large\n".repeat(20)));
        Gamelan.fails(1, List.of("is not what it was"), "evaluate", out);
    }

    private Path copy(Path csv) throws IOException {
        return Files.copy(csv, folder.resolve("copy.csv"));
    }

    private Path flowers() throws IOException {
        StringBuilder text = new StringBuilder("length,color,kind\n");
        Random random = new Random(5);
        for (int i = 0; i < 120; i++) {
            boolean large = i % 2 == 0;
            text.append(String.format(Locale.ROOT, "%.3f,%s,%s%n", (large ? 8 : 2) + random.nextGaussian(),
                    random.nextBoolean() ? "red" : "blue",
                    large ? "large" : "small"));
        }
        return Files.writeString(folder.resolve("flowers.csv"), text.toString().replace("\r", ""));
    }
}
