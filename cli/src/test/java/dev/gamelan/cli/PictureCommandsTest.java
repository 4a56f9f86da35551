package dev.gamelan.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class PictureCommandsTest {

    @TempDir
    Path folder;

    @Test
    void foldersOfPicturesAreLearned() throws IOException {
        Path data = folder.resolve("data");
        paint(data, "dark", 20, 40);
        paint(data, "light", 20, 200);
        Path out = folder.resolve("m.safetensors");
        JsonNode result = Gamelan.json("train", data, "--model", "linear", "--image-size", 8, "--epochs", 20, "--out", out);
        assertEquals(1.0, result.get("test_accuracy").doubleValue(), result.toString());
        assertEquals(1.0, Gamelan.json("evaluate", out).get("accuracy").doubleValue());

        Path others = folder.resolve("others");
        paint(others, "dark", 3, 60);
        paint(others, "light", 3, 180);
        assertEquals(6, Gamelan.json("evaluate", out, others).get("examples").intValue());
        JsonNode predictions = Gamelan.json("predict", out, others, others.resolve("dark/0.png")).get("predictions");
        assertEquals(7, predictions.size());
        assertEquals("dark", predictions.get(6).get("label").stringValue());
        assertTrue(predictions.get(6).get("probability").doubleValue() > 0.5);

        paint(others, "green", 2, 100);
        Gamelan.fails(1, List.of("the class 'green'", "dark, light"), "evaluate", out, others);
        Path text = Files.writeString(folder.resolve("text.png"), "no picture");
        Gamelan.fails(1, List.of("text.png"), "predict", out, text);
        Gamelan.fails(1, List.of("absent.png"), "predict", out, folder.resolve("absent.png"));
    }

    @Test
    void foldersWithoutPicturesAreRefused() throws IOException {
        Path empty = Files.createDirectory(folder.resolve("empty"));
        Gamelan.fails(1, List.of("no class folders"), "train", empty, "--out", folder.resolve("m"));
        paint(empty, "one", 3, 10);
        Gamelan.fails(1, List.of("only the class 'one'"), "train", empty, "--out", folder.resolve("m"));
    }

    private static void paint(Path root, String label, int count, int level) throws IOException {
        Random random = new Random(level);
        Path target = Files.createDirectories(root.resolve(label));
        for (int i = 0; i < count; i++) {
            BufferedImage image = new BufferedImage(12, 10, BufferedImage.TYPE_INT_RGB);
            for (int y = 0; y < 10; y++) {
                for (int x = 0; x < 12; x++) {
                    int value = Math.clamp(level + (int) (30 * random.nextGaussian()), 0, 255);
                    image.setRGB(x, y, value << 16 | value << 8 | value);
                }
            }
            ImageIO.write(image, "png", target.resolve(i + ".png").toFile());
        }
    }
}
