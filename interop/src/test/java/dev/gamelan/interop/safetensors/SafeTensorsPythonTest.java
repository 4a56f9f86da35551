package dev.gamelan.interop.safetensors;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.gamelan.ir.Data;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.FormatException;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Against Hugging Face's own library: see {@code src/test/python/golden_safetensors.py}. */
class SafeTensorsPythonTest {

    private static Path resource(String name) {
        try {
            URL url = Objects.requireNonNull(SafeTensorsPythonTest.class.getResource(name), name);
            return Path.of(url.toURI());
        } catch (URISyntaxException e) {
            throw new AssertionError(e);
        }
    }

    private static void compare(JsonNode golden, String name, Data data) {
        JsonNode expected = golden.get(name);
        assertTrue(expected != null, () -> "no golden for " + name);
        assertEquals(expected.get("shape").toString(), Arrays.toString(data.shape().dims()).replace(" ", ""), name);
        boolean floating = data.dtype().isFloating() || data.dtype().isStorageOnly();
        assertEquals(data.length(), expected.get("values").size());
        for (int i = 0; i < data.length(); i++) {
            String text = expected.get("values").get(i).stringValue();
            if (floating) {
                double value = text.equals("nan") ? Double.NaN
                        : text.endsWith("inf") ? Double.parseDouble(text.replace("inf", "Infinity")) : Double.parseDouble(text);
                assertEquals(Double.doubleToLongBits(value), Double.doubleToLongBits(data.getDouble(i)), name + "[" + i + "]");
            } else {
                assertEquals(Long.parseLong(text), data.getLong(i), name + "[" + i + "]");
            }
        }
    }

    private static JsonNode golden() throws IOException {
        return JsonMapper.shared().readTree(Files.readString(resource("golden.json")));
    }

    @Test
    void ownTypesAreReadAndWrittenToTheSameBytes(@TempDir Path folder) throws IOException {
        SafeTensors content = SafeTensors.read(resource("plain.safetensors"));
        assertEquals(12, content.tensors().size());
        JsonNode golden = golden();
        content.tensors().forEach((name, data) -> compare(golden, name, data));
        content.write(folder.resolve("again"));
        assertEquals(-1, Files.mismatch(resource("plain.safetensors"), folder.resolve("again")));
    }

    @Test
    void otherTypesAreWidened() throws IOException {
        MappedTensors file = MappedTensors.open(resource("widened.safetensors"));
        JsonNode golden = golden();
        for (StoredTensor tensor : file.tensors()) {
            if (tensor.type().dtype().isPresent()) {
                compare(golden, tensor.name(), tensor.data());
            }
        }
        assertEquals(11, file.tensors().size());
        assertEquals(DType.FLOAT32, file.get("float8_e5m2").data().dtype());
        assertEquals(DType.INT32, file.get("uint16").data().dtype());
    }

    @Test
    void whatCannotBeANumberIsBytes() {
        MappedTensors file = MappedTensors.open(resource("widened.safetensors"));
        assertEquals(List.of(2L), file.get("complex").dims());
        assertArrayEquals(new float[] {1, 2, -0f, -0.5f}, file.get("complex").bytes().toArray(ValueLayout.JAVA_FLOAT_UNALIGNED));
        assertEquals(StoredType.F4, file.get("f4").type());
        assertArrayEquals(new byte[] {0, 1, 2, 3}, file.get("f4").bytes().toArray(ValueLayout.JAVA_BYTE));
        for (String name : List.of("complex", "f4")) {
            String message = assertThrows(FormatException.class, () -> file.get(name).data()).getMessage();
            assertTrue(message.contains(name) && message.contains("bytes") && message.contains("F8_E4M3"), message);
        }
        assertThrows(FormatException.class, () -> SafeTensors.read(resource("widened.safetensors")));
    }

    @Test
    void anIndexIsReadAndWrittenAlike(@TempDir Path folder) throws IOException {
        SafeTensors content = SafeTensors.read(resource("model.safetensors.index.json"));
        assertEquals(4, content.tensors().size());
        JsonNode golden = golden();
        content.tensors().forEach((name, data) -> compare(golden, name, data));
        content.writeShards(folder.resolve("model.safetensors.index.json"), 120);
        for (String shard : List.of("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors")) {
            assertEquals(-1, Files.mismatch(resource(shard), folder.resolve(shard)), shard);
        }
        assertEquals(JsonMapper.shared().readTree(Files.readString(resource("model.safetensors.index.json"))),
                JsonMapper.shared().readTree(Files.readString(folder.resolve("model.safetensors.index.json"))));
    }

    /** The other way, where Python has the library: it reads what is written here. */
    @Tag("slow")
    @Test
    void pythonReadsWhatIsWrittenHere(@TempDir Path folder) throws IOException, InterruptedException {
        Map<String, Data> tensors = new LinkedHashMap<>(SafeTensors.read(resource("plain.safetensors")).tensors());
        new SafeTensors(tensors, Map.of("ключ", "значение")).write(folder.resolve("one.safetensors"));
        SafeTensors sharded = SafeTensors.read(resource("model.safetensors.index.json"));
        sharded.writeShards(folder.resolve("m.safetensors.index.json"), 60);
        JsonNode found = JsonMapper.shared().readTree(python("check", folder.toString()));
        tensors.putAll(sharded.tensors());
        assertEquals(tensors.size(), found.size());
        tensors.forEach((name, data) -> compare(found, name, data));
    }

    private static String python(String... arguments) throws IOException, InterruptedException {
        Path script = Path.of("src/test/python/golden_safetensors.py");
        List<String> command = new java.util.ArrayList<>(List.of("python3", script.toString()));
        command.addAll(List.of(arguments));
        Path errors = Files.createTempFile("python", ".txt");
        Process process;
        try {
            process = new ProcessBuilder(command).redirectError(errors.toFile()).start();
        } catch (IOException e) {
            return assumeAbsent("there is no python3");
        }
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        int code = process.waitFor();
        String text = Files.readString(errors);
        Files.delete(errors);
        assumeTrue(!text.contains("ModuleNotFoundError"), () -> "python3 lacks a library: " + text);
        assertEquals(0, code, text);
        return output;
    }

    private static String assumeAbsent(String why) {
        assumeTrue(false, why);
        return "";
    }
}
