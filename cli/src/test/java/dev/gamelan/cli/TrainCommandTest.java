package dev.gamelan.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gamelan.nn.Model;
import dev.gamelan.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class TrainCommandTest {

    @TempDir
    Path folder;

    @Test
    void aProfileNamesKernelsTheirSpeedAndTheirLine() {
        Gamelan result = Gamelan.run("train", "--model", "linear", "--epochs", 1, "--quiet", "--profile", "--out",
                folder.resolve("m.safetensors"));
        assertEquals(0, result.status(), result.err());
        assertTrue(result.err().contains("GFLOP/s") && result.err().contains("MatMul[") && result.err().contains("Dense.java:"),
                result.err());
    }

    @Test
    void theResultHasAllKeysAndTheModelDoesWhatItSays() {
        Path out = folder.resolve("m.safetensors");
        JsonNode result = Gamelan.json("train", "--model", "linear", "--epochs", 8, "--lr", 0.02, "--out", out);
        assertEquals("digits", result.get("data").stringValue());
        assertEquals("linear", result.get("model").stringValue());
        assertEquals(650, result.get("parameters").intValue());
        assertEquals(8, result.get("epochs").intValue());
        assertEquals(out.toString(), result.get("out").stringValue());
        assertTrue(result.get("train_seconds").doubleValue() > 0 && result.get("samples_per_second").doubleValue() > 0);
        double accuracy = result.get("test_accuracy").doubleValue();
        assertTrue(accuracy > 0.85, "accuracy " + accuracy);

        JsonNode evaluated = Gamelan.json("evaluate", out);
        assertEquals(accuracy, evaluated.get("accuracy").doubleValue());
        assertEquals(359, evaluated.get("examples").intValue());
        assertEquals(10, evaluated.get("confusion").size());
        assertEquals(accuracy, Gamelan.json("evaluate", out, "digits").get("accuracy").doubleValue());
    }

    @Test
    void nothingButTheModelIsLeft() throws IOException {
        Gamelan.json("train", "--model", "linear", "--epochs", 1, "--out", folder.resolve("m.safetensors"));
        try (Stream<Path> files = Files.list(folder)) {
            assertEquals(List.of("m.safetensors"), files.map(file -> file.getFileName().toString()).toList());
        }
    }

    @Test
    void theSameSeedMakesTheSameFile() throws IOException {
        for (String name : List.of("a", "b")) {
            Gamelan.json("train", "--model", "mlp", "--epochs", 1, "--seed", 7, "--out", folder.resolve(name));
        }
        Gamelan.json("train", "--model", "mlp", "--epochs", 1, "--seed", 8, "--out", folder.resolve("c"));
        assertEquals(-1, Files.mismatch(folder.resolve("a"), folder.resolve("b")));
        assertTrue(Files.mismatch(folder.resolve("a"), folder.resolve("c")) >= 0);
    }

    @Test
    void aRunFolderKeepsTheHistory() throws IOException {
        Path run = folder.resolve("run");
        Gamelan.json("train", "--model", "linear", "--epochs", 2, "--out", folder.resolve("m"), "--run", run);
        assertEquals(3, Files.readAllLines(run.resolve("history.csv")).size());
        assertTrue(Files.exists(run.resolve("history.json")) && Files.exists(run.resolve("checkpoint.safetensors")));
        Gamelan.fails(1, List.of("already holds a training", "--resume"), "train", "--model", "linear", "--run", run,
                "--out", folder.resolve("m"), "--quiet");
    }

    @Test
    void aTrainingThatWasStoppedGoesOnToTheSameBits() throws IOException {
        Path whole = folder.resolve("whole.safetensors");
        Gamelan.json("train", "--model", "mlp", "--epochs", 3, "--out", whole);

        Path run = folder.resolve("run");
        Path out = folder.resolve("resumed.safetensors");
        RunSettings settings = new RunSettings(DataSource.Known.DIGITS, "mlp", 3, 32, 1e-3, 42, out, true);
        TrainingData data = settings.source().load(42, (what, done, total) -> {}, note -> {});
        RunFolder runFolder = RunFolder.create(run);
        settings.write(run);
        Model<Tensor, Tensor> model = Recipe.build(data, "mlp").seed(42);
        AtomicInteger steps = new AtomicInteger();
        Training.Outcome outcome = new Training(settings, runFolder, data, true, text -> {}).run(model,
                () -> steps.incrementAndGet() >= 60);
        assertTrue(outcome.interrupted());
        assertEquals("epoch 2, step 19 of 41", outcome.progress());

        JsonNode result = Gamelan.json("train", "--resume", run);
        assertEquals(3, result.get("epochs").intValue());
        assertEquals(-1, Files.mismatch(whole, out));
    }

    @Test
    void resumingTakesNoOtherSettings() {
        Gamelan.fails(2, List.of("--resume"), "train", "--resume", folder, "--epochs", 3);
        Gamelan.fails(1, List.of("holds no training"), "train", "--resume", folder);
        Gamelan.fails(1, List.of("holds no training"), "train", "--resume", folder.resolve("absent"));
    }

    @Test
    void wrongArgumentsAreUsageErrors() {
        Gamelan.fails(2, List.of("unknown data set 'fasion-mnist'", "did you mean fashion-mnist"), "train", "fasion-mnist");
        Gamelan.fails(2, List.of("no file or folder " + folder.resolve("x.csv")), "train", folder.resolve("x.csv"), "--target", "y");
        Gamelan.fails(2, List.of("unknown model 'resnet'", "cnn, mlp, linear"), "train", "--model", "resnet", "--out", folder.resolve("m"));
        Gamelan.fails(2, List.of("--epochs"), "train", "--epochs", 0);
        Gamelan.fails(2, List.of("--batch"), "train", "--batch", -1);
        Gamelan.fails(2, List.of("--lr"), "train", "--lr", "NaN");
        Gamelan.fails(2, List.of("--lr"), "train", "--lr", "fast");
        Gamelan.fails(2, List.of("--threads"), "train", "--threads", -2);
        Gamelan.fails(2, List.of("--target"), "train", "digits", "--target", "y");
        Gamelan.fails(2, List.of("--image-size"), "train", "digits", "--image-size", 8);
        Gamelan.fails(2, List.of("--epoch"), "train", "--epoch", 3);
    }

    @Test
    void placesThatCannotBeWrittenAreFoundBeforeTraining() throws IOException {
        Path plain = Files.writeString(folder.resolve("plain"), "x");
        Gamelan.fails(1, List.of("cannot write into"), "train", "--out", plain.resolve("m.safetensors"));
        Gamelan.fails(1, List.of("is a folder"), "train", "--out", folder);
        Gamelan.fails(1, List.of("cannot write into"), "train", "--run", plain, "--out", folder.resolve("m"));
        try (Stream<Path> files = Files.list(folder)) {
            assertEquals(List.of(plain), files.toList());
        }
    }

    @Test
    void aLossThatIsNoNumberEndsTheTrainingInOneLine() throws IOException {
        Path out = folder.resolve("m.safetensors");
        Gamelan.fails(1, List.of("learning rate"), "train", "--model", "mlp", "--lr", 1e30, "--epochs", 2, "--out", out, "--quiet");
        try (Stream<Path> files = Files.list(folder)) {
            assertEquals(0, files.count());
        }
    }
}
