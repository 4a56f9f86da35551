package dev.gamelan.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gamelan.interop.safetensors.SafeTensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class ModelFileTest {

    @TempDir
    Path folder;

    @Test
    void theSummaryShowsTheLayers() {
        Path out = folder.resolve("m.safetensors");
        Gamelan.json("train", "--model", "linear", "--epochs", 1, "--out", out);
        Gamelan shown = Gamelan.run("summary", out);
        assertEquals(0, shown.status(), shown.err());
        assertTrue(shown.out().contains("dense"), shown.out());
        JsonNode json = Gamelan.json("summary", out);
        assertEquals(650, json.get("parameters").intValue());
    }

    @Test
    void damagedAndForeignFilesAreRefused() throws IOException {
        Path out = folder.resolve("m.safetensors");
        Gamelan.json("train", "--model", "linear", "--epochs", 1, "--out", out);
        byte[] whole = Files.readAllBytes(out);
        for (String command : List.of("evaluate", "summary")) {
            Gamelan.fails(1, List.of("no such file"), command, folder.resolve("absent"));
            Gamelan.fails(1, List.of("is a folder"), command, folder);
            for (int length : new int[] {0, 5, 100, whole.length - 1}) {
                Path cut = Files.write(folder.resolve("cut"), Arrays.copyOf(whole, length));
                Gamelan.fails(1, List.of("cut"), command, cut);
            }
        }
        Path foreign = folder.resolve("foreign");
        new SafeTensors(Map.of(), Map.of()).write(foreign);
        Gamelan.fails(1, List.of("foreign"), "evaluate", foreign);
        Gamelan.fails(1, List.of("foreign"), "summary", foreign);
    }
}
