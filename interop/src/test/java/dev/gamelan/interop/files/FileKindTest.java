package dev.gamelan.interop.files;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gamelan.interop.npy.Npy;
import dev.gamelan.interop.onnx.Onnx;
import dev.gamelan.interop.safetensors.SafeTensors;
import dev.gamelan.shape.FormatException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FileKindTest {

    @TempDir
    private Path folder = Path.of("");

    /** Whoever reads a file that is another one learns what it seems to be. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
            "''|an empty file",
            "version https://git-lfs.github.com/spec/v1|git lfs pull",
            "<!DOCTYPE html><html></html>|a web page",
            "PK\\003\\004xxxxxxxxxxxxxxxx|a zip archive",
            "\\001\\002\\003\\004ORTM\\001\\001\\001\\001|(.ort)",
            "\\001\\002\\003\\004TFL3\\001\\001\\001\\001|TensorFlow Lite",
            "\\211HDF\\r\\n\\032\\n\\001\\001|HDF5",
            "{\"a\": [1, 2, 3, 4, 5, 6]}|JSON",
            "hello, this is text|of text",
    })
    void isSaidByEveryReader(String content, String expected) throws IOException {
        Path file = Files.write(folder.resolve("other"), content.translateEscapes().getBytes(StandardCharsets.ISO_8859_1));
        for (Runnable reader : new Runnable[] {() -> Onnx.read(file), () -> Npy.read(file), () -> SafeTensors.read(file)}) {
            String message = assertThrows(FormatException.class, reader::run).getMessage();
            assertTrue(message.contains("received") && message.contains(expected), message);
        }
    }
}
