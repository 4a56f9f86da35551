package dev.gamelan.interop.safetensors;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gamelan.ir.Data;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.FormatException;
import dev.gamelan.shape.NameException;
import dev.gamelan.shape.Shape;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MappedTensorsTest {

    private static final String INDEX = "model.safetensors.index.json";

    @TempDir
    Path folder;

    private Path index;

    @BeforeEach
    void index() {
        index = folder.resolve(INDEX);
    }

    private static Data floats(int from, int... dims) {
        Shape shape = Shape.of(dims);
        float[] values = new float[shape.length()];
        for (int i = 0; i < values.length; i++) {
            values[i] = from + i;
        }
        return Data.of(DType.FLOAT32, shape, values);
    }

    private static SafeTensors content() {
        Map<String, Data> tensors = new LinkedHashMap<>();
        for (int i = 0; i < 5; i++) {
            tensors.put("t" + i, floats(10 * i, i + 1, 2));
        }
        return new SafeTensors(tensors, Map.of("k", "v"));
    }

    /** The file is sparse: it takes no room on the disk. Reading all of it would take a second and 1 GB of heap. */
    @Test
    void aGigabyteIsOpenedAtOnce() throws IOException {
        Path file = folder.resolve("large");
        long bytes = 1L << 30;
        sparse(file, "{\"a\":{\"dtype\":\"F32\",\"shape\":[" + (bytes / 4096) + ",1024],\"data_offsets\":[0," + bytes + "]},"
                + "\"b\":{\"dtype\":\"I32\",\"shape\":[1],\"data_offsets\":[" + bytes + "," + (bytes + 4) + "]}}", bytes + 4);
        MappedTensors warm = MappedTensors.open(file);
        long heap = allocated();
        long start = System.nanoTime();
        MappedTensors open = MappedTensors.open(file);
        StoredTensor a = open.get("a");
        StoredTensor part = a.rows(200_000, 200_002);
        long milliseconds = (System.nanoTime() - start) / 1_000_000;
        long used = allocated() - heap;
        assertEquals(warm.names(), open.names());
        assertTrue(milliseconds < 250, () -> "opening took " + milliseconds + " ms");
        assertTrue(used < 1 << 20, () -> "opening took " + used + " bytes");
        assertEquals(0, open.get("b").data().getLong(0));
        assertEquals(Shape.of(2, 1024), part.data().shape());
        assertTrue(allocated() - heap < 4 << 20, "two rows of the large tensor are read, not all");
        assertEquals(bytes, a.bytes().byteSize());
    }

    @Test
    void moreThanAnArrayHoldsIsReadInParts() throws IOException {
        Path file = folder.resolve("larger");
        long rows = 3L << 30;
        sparse(file, "{\"a\":{\"dtype\":\"U8\",\"shape\":[" + rows + ",1],\"data_offsets\":[0," + rows + "]}}", rows);
        StoredTensor a = MappedTensors.open(file).get("a");
        assertEquals(List.of(rows, 1L), a.dims());
        String message = assertThrows(FormatException.class, a::data).getMessage();
        assertTrue(message.contains("rows"), message);
        assertEquals(Shape.of(3, 1), a.rows(rows - 3, rows).data().shape());
        assertThrows(IndexOutOfBoundsException.class, () -> a.rows(rows - 3, rows + 1));
        assertThrows(IndexOutOfBoundsException.class, () -> a.rows(2, 1));
    }

    @Test
    void rowsAreThoseOfTheTensor() {
        new SafeTensors(Map.of("a", floats(0, 4, 3), "s", floats(5)), Map.of()).write(folder.resolve("f"));
        MappedTensors open = MappedTensors.open(folder.resolve("f"));
        assertArrayEquals(new float[] {3, 4, 5, 6, 7, 8}, (float[]) open.get("a").rows(1, 3).data().array());
        assertArrayEquals(new float[] {6, 7, 8}, (float[]) open.get("a").rows(1, 3).rows(1, 2).data().array());
        assertEquals(0, open.get("a").rows(4, 4).data().length());
        assertThrows(IndexOutOfBoundsException.class, () -> open.get("s").rows(0, 1));
        assertThrows(NameException.class, () -> open.get("none"));
        assertThrows(IllegalArgumentException.class,
                () -> open.get("a").bytes().setAtIndex(java.lang.foreign.ValueLayout.JAVA_BYTE, 0, (byte) 1));
    }

    @DisabledOnOs(value = OS.WINDOWS, disabledReason = "Windows lets nobody change a mapped file")
    @Test
    void aFileCutShortWhileItIsMappedIsAnError() throws IOException {
        new SafeTensors(Map.of("a", floats(0, 1 << 20)), Map.of()).write(folder.resolve("f"));
        StoredTensor a = MappedTensors.open(folder.resolve("f")).get("a");
        try (FileChannel channel = FileChannel.open(folder.resolve("f"), StandardOpenOption.WRITE)) {
            FileChannel _ = channel.truncate(4096);
        }
        assertThrows(FormatException.class, a::data);
    }

    @Test
    void shardsComeBack() {
        content().writeShards(index, 50);
        SafeTensors back = SafeTensors.read(index);
        assertEquals(Map.of("k", "v"), back.metadata());
        assertEquals(Map.of("k", "v"), SafeTensors.readMetadata(index));
        content().tensors().forEach((name, data) -> {
            Data other = back.tensors().get(name);
            assertEquals(data.type(), other.type());
            assertArrayEquals((float[]) data.array(), (float[]) other.array());
        });
        assertEquals(
                Set.of("model-00001-of-00003.safetensors", "model-00002-of-00003.safetensors", "model-00003-of-00003.safetensors", INDEX),
                files());
        assertEquals(content().tensors().keySet(), MappedTensors.open(folder).names());
    }

    @Test
    void aLimitOfOneByteGivesEachTensorAFile() {
        content().writeShards(index, 1);
        assertEquals(6, files().size());
        new SafeTensors(Map.of(), Map.of()).writeShards(folder.resolve("empty.safetensors.index.json"), 1);
        assertEquals(Map.of(), SafeTensors.read(folder.resolve("empty.safetensors.index.json")).tensors());
        assertThrows(IllegalArgumentException.class, () -> content().writeShards(folder.resolve("x.json"), 1));
        assertThrows(IllegalArgumentException.class, () -> content().writeShards(index, 0));
    }

    @DisabledOnOs(value = OS.WINDOWS, disabledReason = "Windows lets nobody change a mapped file")
    @Test
    void anOldSetIsReplacedWhenTheNewIndexIsThere() {
        content().writeShards(index, 50);
        StoredTensor old = MappedTensors.open(index).get("t1");
        Map<String, Data> next = new LinkedHashMap<>(content().tensors());
        next.replaceAll((_, data) -> floats(100, data.shape().dims()));
        new SafeTensors(next, Map.of()).writeShards(index, 50);
        assertEquals(4, files().size());
        assertEquals(100, SafeTensors.read(index).tensors().get("t1").getDouble(0));
        assertEquals(10, old.data().getDouble(0));
        new SafeTensors(next, Map.of()).writeShards(index, 1 << 20);
        assertEquals(2, files().size());
    }

    @Test
    void aFailureLeavesTheOldSet() throws IOException {
        content().writeShards(index, 50);
        Set<String> before = files();
        Map<String, Data> bad = new LinkedHashMap<>(content().tensors());
        bad.put("__metadata__", floats(0, 1));
        assertThrows(IllegalArgumentException.class, () -> new SafeTensors(bad, Map.of()).writeShards(index, 50));
        assertEquals(before, files());
        assertEquals(5, SafeTensors.read(index).tensors().size());
        Files.delete(index);
        Files.createDirectories(index.resolve("in the way"));
        assertThrows(UncheckedIOException.class, () -> content().writeShards(index, 50));
        assertEquals(before, files());
    }

    @Test
    void aFolderMayHaveOneFile() throws IOException {
        content().write(folder.resolve("model.safetensors"));
        assertEquals(content().tensors().keySet(), new TreeSet<>(MappedTensors.open(folder).names()));
        assertEquals(Map.of("k", "v"), SafeTensors.read(folder).metadata());
        assertThrows(FormatException.class, () -> MappedTensors.open(Files.createDirectories(folder.resolve("empty"))));
    }

    @Test
    void aMissingFileIsNamed() throws IOException {
        content().writeShards(index, 50);
        Files.delete(folder.resolve("model-00002-of-00003.safetensors"));
        refused("model-00002-of-00003.safetensors", "missing");
    }

    @Test
    void indexAndFilesMustAgree() throws IOException {
        content().writeShards(index, 50);
        String text = Files.readString(index);
        Files.writeString(index, text.replace("\"t4\" : \"model-00003-of-00003", "\"t4\" : \"model-00002-of-00003"));
        refused("t4", "not in the files");
        Files.writeString(index, text.replace("\"t0\"", "\"t9\""));
        refused("t0", "does not have it");
        Files.writeString(index, text.replace("\"t0\" :", "\"t9\" : \"model-00001-of-00003.safetensors\", \"t0\" :"));
        refused("t9", "not in the files");
        new SafeTensors(Map.of("t0", floats(7, 1, 2), "t4", floats(0, 5, 2)), Map.of())
                .write(folder.resolve("model-00003-of-00003.safetensors"));
        Files.writeString(index, text);
        refused("t0", "is in model-00003-of-00003.safetensors, but the index says it is in model-00001-of-00003.safetensors");
    }

    @ParameterizedTest
    @ValueSource(strings = {"../secret.safetensors", "/etc/x.safetensors", "a/b.safetensors", "a\\\\b.safetensors", "C:x.safetensors", "",
            "..", "a\\u0000.safetensors", "x.bin"})
    void filesElsewhereAreNotOpened(String place) throws IOException {
        content().write(folder.getParent().resolve("secret.safetensors"));
        Files.writeString(index, "{\"weight_map\":{\"t0\":\"" + place + "\"}}");
        refused("t0", "beside the index");
        Files.delete(folder.getParent().resolve("secret.safetensors"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{", "[]", "{}", "{\"weight_map\":[]}", "{\"weight_map\":{\"a\":1}}", "{\"weight_map\":{}}x",
            "{\"weight_map\":{\"a\":\"f.safetensors\",\"a\":\"f.safetensors\"}}"})
    void hostileIndexes(String json) throws IOException {
        Files.writeString(index, json);
        refused();
    }

    /** 4000 changed indexes of seed 5: a clear error, or the same tensors. */
    @Test
    void changedIndexes() throws IOException {
        content().writeShards(index, 50);
        byte[] good = Files.readAllBytes(index);
        SplittableRandom random = new SplittableRandom(5);
        int accepted = 0;
        for (int trial = 0; trial < 4000; trial++) {
            byte[] changed = good.clone();
            for (int k = 0; k <= random.nextInt(4); k++) {
                changed[random.nextInt(changed.length)] = (byte) random.nextInt(256);
            }
            Files.write(index, changed);
            try {
                assertEquals(5, SafeTensors.read(index).tensors().size());
                accepted++;
            } catch (FormatException e) {
                assertFalse(e.getMessage().isBlank());
            }
        }
        assertTrue(accepted < 2000, accepted + " changed indexes were accepted");
    }

    /** 4000 changed files of seed 6: a clear error, or tensors that lie in the file. */
    @Test
    void changedFiles() throws IOException {
        Path file = folder.resolve("f");
        Map<String, Data> tensors = new LinkedHashMap<>(content().tensors());
        tensors.put("b", Data.of(DType.BOOL, Shape.of(3), new boolean[] {true, false, true}));
        tensors.put("l", Data.of(DType.INT64, Shape.of(2, 2), new long[] {1, 2, 3, 4}));
        new SafeTensors(tensors, Map.of("k", "v")).write(file);
        byte[] good = Files.readAllBytes(file);
        SplittableRandom random = new SplittableRandom(6);
        for (int trial = 0; trial < 4000; trial++) {
            byte[] changed = good.clone();
            for (int k = 0; k <= random.nextInt(4); k++) {
                int at = random.nextInt(changed.length);
                boolean digit = changed[at] >= '0' && changed[at] <= '9';
                changed[at] = (byte) (digit && random.nextBoolean() ? '0' + random.nextInt(10) : random.nextInt(256));
            }
            Files.write(file, changed);
            try {
                MappedTensors open = MappedTensors.open(file);
                for (StoredTensor tensor : open.tensors()) {
                    assertTrue(tensor.bytes().byteSize() < changed.length);
                    assertTrue(tensor.data().length() < changed.length);
                }
            } catch (FormatException e) {
                assertFalse(e.getMessage().isBlank());
            }
        }
    }

    private void refused(String... parts) {
        FormatException e = assertThrows(FormatException.class, () -> MappedTensors.open(index));
        assertFalse(e.getMessage().contains("\n"), e.getMessage());
        List<String> found = java.util.Arrays.stream(parts).filter(part -> !e.getMessage().contains(part)).toList();
        assertTrue(found.isEmpty(), () -> found + " not in: " + e.getMessage());
    }

    private Set<String> files() {
        try (var files = Files.list(folder)) {
            return new TreeSet<>(files.map(file -> file.getFileName().toString()).toList());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static long allocated() {
        return ((com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean()).getCurrentThreadAllocatedBytes();
    }

    private static void sparse(Path file, String json, long bytes) throws IOException {
        byte[] header = json.getBytes(StandardCharsets.UTF_8);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE,
                StandardOpenOption.SPARSE)) {
            ByteBuffer start = ByteBuffer.allocate(8 + header.length).order(ByteOrder.LITTLE_ENDIAN).putLong(header.length).put(header)
                    .flip();
            Values.writeFully(channel, start);
            int _ = channel.write(ByteBuffer.allocate(1), 8 + header.length + bytes - 1);
        }
    }
}
