package dev.gamelan.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.gamelan.interop.npy.Npy;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Without them the trial fails, and there is no cache of classes. */
class TrialModelTest {

    @ParameterizedTest
    @EnumSource
    void runs(TrialModel model, @TempDir Path folder) throws IOException {
        Path file = folder.resolve("model.onnx");
        Path input = folder.resolve("input.npy");
        model.write(file);
        Npy.write(input, model.example());
        Gamelan result = Gamelan.run("onnx", "run", file, "--input", model.input() + "=" + input);
        assertEquals(0, result.status(), result.err());
    }
}
