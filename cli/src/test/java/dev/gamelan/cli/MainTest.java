package dev.gamelan.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gamelan.shape.ShapeException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class MainTest {

    @Test
    void helpAndVersionAreNoErrors() {
        for (String[] args : new String[][] {{"--help"}, {"--version"}, {"train", "--help"}}) {
            Gamelan result = Gamelan.run((Object[]) args);
            assertEquals(0, result.status());
            assertFalse(result.out().isBlank());
        }
    }

    @Test
    void whatIsNoCommandIsAUsageError() {
        Gamelan.fails(2, List.of("a command is missing"));
        Gamelan.fails(2, List.of("trane"), "trane");
        Gamelan.fails(2, List.of("MODEL"), "evaluate");
        Gamelan.fails(2, List.of("INPUT"), "predict", "m.safetensors");
        Gamelan.fails(2, List.of("DIR"), "onnx", "check");
        Gamelan.fails(2, List.of("'FILE.onnx'"), "onnx", "export", "m.safetensors");
        Gamelan.fails(2, List.of("chekc"), "onnx", "chekc");
        Gamelan.fails(2, List.of("a command is missing: run, check or export"), "onnx");
        Gamelan.fails(2, List.of("--repeat", "is not a whole number"), "onnx", "run", "m.onnx", "--repeat", "x");
    }

    @Test
    void helpNamesParametersOptionsAndCommands() {
        String train = Gamelan.run("train", "--help").out();
        assertTrue(train.contains("[DATA]") && train.contains("--epochs=N") && train.contains("--seed=N"), train);
        String onnx = Gamelan.run("onnx", "--help").out();
        assertTrue(onnx.contains("run") && onnx.contains("check") && onnx.contains("export"), onnx);
        assertTrue(Gamelan.run("predict", "-h").out().contains("MODEL INPUT..."));
        assertTrue(Gamelan.run("bench", "-h").out().contains("(default: 5)"));
        assertTrue(Gamelan.run("onnx", "run", "-h").out().contains("[--input=NAME=FILE.npy]..."));
    }

    @Test
    void theDoctorMeasures() {
        JsonNode result = Gamelan.json("doctor");
        assertEquals(System.getProperty("java.version"), result.get("jdk").stringValue());
        assertTrue(result.get("gflops_ceiling").doubleValue() > 0, result.toString());
        assertTrue(result.get("gbytes_ceiling").doubleValue() > 0, result.toString());
        assertTrue(result.has("vector_bits") && result.has("problems"));
    }

    @Test
    void cachesAreReadWhereTheSystemNamesThem(@TempDir Path folder) throws IOException {
        String[][] caches = {{"1", "Instruction", "32K"}, {"1", "Data", "48K"}, {"2", "Unified", "1024K"}};
        for (int i = 0; i < caches.length; i++) {
            Path cache = Files.createDirectories(folder.resolve("index" + i));
            Files.writeString(cache.resolve("level"), caches[i][0] + "\n");
            Files.writeString(cache.resolve("type"), caches[i][1] + "\n");
            Files.writeString(cache.resolve("size"), caches[i][2] + "\n");
        }
        assertEquals("L1 48 KiB, L2 1024 KiB", Caches.describe(folder));
        assertEquals("", Caches.describe(folder.resolve("absent")));
    }

    @Test
    void theSeedIsForEveryCommand() {
        Gamelan.fails(1, List.of("absent"), "summary", "absent", "--seed", 7);
    }

    @Test
    void reasonsAreOneLine() {
        assertEquals("shapes differ; expected (2, 3); received (3, 2)",
                Failures.reason(ShapeException.of("shapes differ", "(2, 3)", "(3, 2)")));
        assertEquals("x: there is no such file or folder", Failures.reason(new NoSuchFileException("x")));
        assertEquals("No space left on device", Failures.reason(new UncheckedIOException(new IOException("No space left on device"))));
        assertTrue(Failures.reason(new OutOfMemoryError("Java heap space")).contains("--batch"));
        assertTrue(Failures.reason(new IllegalStateException("a\nb")).contains("unexpected IllegalStateException: a; b"));
    }

    @Test
    void g1BeforeTheFixIsReported() {
        assertTrue(Jdk.corruptsUnderG1(Runtime.Version.parse("25.0.2"), "G1 Young Generation"));
        assertTrue(Jdk.corruptsUnderG1(Runtime.Version.parse("25"), "G1 Young Generation"));
        assertFalse(Jdk.corruptsUnderG1(Runtime.Version.parse("25.0.3"), "G1 Young Generation"));
        assertFalse(Jdk.corruptsUnderG1(Runtime.Version.parse("25.0.2"), "PS Scavenge"));
        assertFalse(Jdk.corruptsUnderG1(Runtime.Version.parse("26"), "G1 Young Generation"));
    }
}
