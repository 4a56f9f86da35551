package dev.gamelan.interop.onnx.check;

import dev.gamelan.interop.onnx.OnnxModel;
import dev.gamelan.interop.onnx.value.Value;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

/** The small models that come with the tests, in the layout of ONNX's backend tests. */
final class Goldens {

    private static final List<String> ARCHIVES = List.of("operators", "cases", "tools");

    private Goldens() {}

    /** Writes all cases into a folder; returns theirs. */
    static List<Path> unpack(Path folder) throws IOException {
        List<Path> cases = new ArrayList<>();
        for (String archive : ARCHIVES) {
            String resource = "/dev/gamelan/interop/onnx/" + archive + ".zip.gz";
            try (ZipInputStream zip = new ZipInputStream(
                    new GZIPInputStream(Objects.requireNonNull(Goldens.class.getResourceAsStream(resource))))) {
                for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                    Path file = folder.resolve(archive).resolve(entry.getName());
                    if (entry.isDirectory()) {
                        continue;
                    }
                    Files.createDirectories(file.getParent());
                    Files.write(file, zip.readAllBytes());
                    if (file.endsWith("model.onnx")) {
                        cases.add(file.getParent());
                    }
                }
            }
        }
        return cases;
    }

    /** The inputs of a case. */
    static Map<String, Value> inputs(Path test, OnnxModel model) throws IOException {
        Map<String, Value> inputs = new LinkedHashMap<>();
        List<String> names = model.allInputs();
        for (int i = 0; i < names.size(); i++) {
            Path file = test.resolve("test_data_set_0").resolve("input_" + i + ".pb");
            if (Files.exists(file)) {
                inputs.put(names.get(i), CaseFile.read(file, model.declared(names.get(i))));
            }
        }
        return inputs;
    }
}
