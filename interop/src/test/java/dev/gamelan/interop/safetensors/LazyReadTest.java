package dev.gamelan.interop.safetensors;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gamelan.ir.Data;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.FormatException;
import dev.gamelan.shape.Shape;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Values that stay in a file until they are asked for. */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "an open file can be neither deleted nor replaced there, so values are read at once")
class LazyReadTest {

    private static final int LENGTH = 300_000;

    @TempDir
    Path folder;

    private Path file;

    @BeforeEach
    void write() {
        file = folder.resolve("a.safetensors");
        content(0).write(file);
    }

    private static float[] floats(int from) {
        float[] values = new float[LENGTH];
        IntStream.range(0, LENGTH).forEach(i -> values[i] = from + i);
        return values;
    }

    private static SafeTensors content(int from) {
        double[] doubles = IntStream.range(0, LENGTH).mapToDouble(i -> from - i).toArray();
        return new SafeTensors(Map.of("floats", Data.of(DType.FLOAT32, Shape.of(3, 100_000), floats(from)), "doubles",
                Data.of(DType.FLOAT64, Shape.of(LENGTH), doubles), "small", Data.of(DType.FLOAT32, Shape.of(2), new float[] {1, 2}), "ints",
                Data.of(DType.INT32, Shape.of(LENGTH), IntStream.range(0, LENGTH).toArray())), Map.of("a", "b"));
    }

    private static Data floats(SafeTensors content) {
        return Objects.requireNonNull(content.tensors().get("floats"));
    }

    @Test
    void givesWhatReadingGives() {
        SafeTensors lazy = SafeTensors.readLazily(file);
        SafeTensors read = SafeTensors.read(file);
        assertEquals(read.metadata(), lazy.metadata());
        assertEquals(read.tensors().keySet(), lazy.tensors().keySet());
        assertArrayEquals(floats(0), (float[]) floats(lazy).array());
        assertArrayEquals((double[]) read.tensors().get("doubles").array(), (double[]) lazy.tensors().get("doubles").array());
        assertArrayEquals((int[]) read.tensors().get("ints").array(), (int[]) lazy.tensors().get("ints").array());
        float[] part = new float[4];
        floats(lazy).read(99_998, 4, part);
        assertArrayEquals(new float[] {99_998, 99_999, 100_000, 100_001}, part);
    }

    @Test
    void onlyLargeFloatsStayInTheFile() {
        Map<String, Data> tensors = SafeTensors.readLazily(file).tensors();
        assertNull(tensors.get("floats").arrayIfKept());
        assertNull(tensors.get("doubles").arrayIfKept());
        assertNotNull(tensors.get("small").arrayIfKept());
        assertNotNull(tensors.get("ints").arrayIfKept());
    }

    @Test
    void theFileMayBeDeletedOrReplacedAndWrittenBackTo() throws IOException {
        SafeTensors first = SafeTensors.readLazily(file);
        Path other = folder.resolve("b.safetensors");
        content(7).write(other);
        Files.move(other, file, StandardCopyOption.REPLACE_EXISTING);
        assertArrayEquals(floats(0), (float[]) floats(first).array());
        SafeTensors second = SafeTensors.readLazily(file);
        second.write(file);
        assertArrayEquals(floats(7), (float[]) floats(second).array());
        assertArrayEquals(floats(7), (float[]) floats(SafeTensors.read(file)).array());
        Files.delete(file);
        assertArrayEquals(floats(0), (float[]) floats(first).array());
        assertArrayEquals(floats(7), (float[]) floats(second).array());
    }

    @Test
    void aFileThatWasWrittenIntoIsAnError() throws IOException {
        Files.setLastModifiedTime(file, FileTime.fromMillis(1_000_000));
        SafeTensors lazy = SafeTensors.readLazily(file);
        byte[] same = Files.readAllBytes(file);
        Files.write(file, same);
        FormatException e = assertThrows(FormatException.class, () -> floats(lazy).array());
        assertTrue(e.getMessage().contains("a.safetensors was written into since it was opened"), e.getMessage());
    }

    @Test
    void aFileThatWasCutShortIsAnError() throws IOException {
        SafeTensors lazy = SafeTensors.readLazily(file);
        Files.write(file, new byte[100], StandardOpenOption.TRUNCATE_EXISTING);
        assertThrows(UncheckedIOException.class, () -> floats(lazy).array());
    }

    @Test
    void anInterruptedThreadReadsAsWell() {
        SafeTensors lazy = SafeTensors.readLazily(file);
        Thread.currentThread().interrupt();
        assertArrayEquals(floats(0), (float[]) floats(lazy).array());
        assertTrue(Thread.interrupted());
        assertEquals(-5, lazy.tensors().get("doubles").getDouble(5));
    }
}
