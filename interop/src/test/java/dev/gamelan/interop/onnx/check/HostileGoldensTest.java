package dev.gamelan.interop.onnx.check;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gamelan.interop.onnx.Onnx;
import dev.gamelan.interop.onnx.OnnxLimits;
import dev.gamelan.interop.onnx.OnnxModel;
import dev.gamelan.interop.onnx.proto.ModelProto;
import dev.gamelan.interop.onnx.value.Value;
import dev.gamelan.shape.GamelanException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Models of every kind with some of their bytes changed: they run, or say clearly why not. */
class HostileGoldensTest {

    private static final int TRIALS = 12;
    private static final OnnxLimits FEW = new OnnxLimits(50_000_000, 1000, 10_000);

    @TempDir
    private Path folder = Path.of("");

    @Test
    void changedBytes() throws IOException {
        SplittableRandom random = new SplittableRandom(17);
        int ran = 0;
        int all = 0;
        for (Path test : Goldens.unpack(folder)) {
            byte[] bytes = Files.readAllBytes(test.resolve("model.onnx"));
            Map<String, Value> inputs = Goldens.inputs(test, Onnx.read(bytes));
            for (int trial = 0; trial < TRIALS; trial++, all++) {
                byte[] changed = bytes.clone();
                for (int k = 0; k <= random.nextInt(3); k++) {
                    changed[random.nextInt(changed.length)] = (byte) random.nextInt(256);
                }
                ran += runs(test, changed, inputs) ? 1 : 0;
            }
        }
        assertTrue(ran > all / 20 && ran < all, ran + " of " + all + " ran");
    }

    /** What Java says of an index, a cast or a missing value is no message for a user. */
    private static final Pattern JAVAS = Pattern.compile(
            "[a-z]Exception|\\bnull\\b|out of bounds|cannot be cast|/ by zero|No value present|integer overflow|arraycopy|Infinity elements");

    @Test
    void changedMessages() throws IOException {
        SplittableRandom random = new SplittableRandom(19);
        int ran = 0;
        int all = 0;
        for (Path test : Goldens.unpack(folder)) {
            byte[] bytes = Files.readAllBytes(test.resolve("model.onnx"));
            Map<String, Value> inputs = Goldens.inputs(test, Onnx.read(bytes));
            ModelProto model = ModelProto.parseFrom(bytes);
            for (int trial = 0; trial < TRIALS; trial++, all++) {
                ran += runs(test, Mutations.of(model, random).toByteArray(), inputs) ? 1 : 0;
            }
        }
        assertTrue(ran > all / 20 && ran < all, ran + " of " + all + " ran");
    }

    private static boolean runs(Path test, byte[] bytes, Map<String, Value> inputs) {
        try {
            OnnxModel model = Onnx.read(bytes).limits(FEW);
            Map<String, Value> given = new LinkedHashMap<>(inputs);
            given.keySet().retainAll(model.allInputs());
            assertTrue(model.run(given).size() < 1000);
            return true;
        } catch (GamelanException e) {
            String message = String.valueOf(e.getMessage());
            assertTrue(!message.isBlank() && !JAVAS.matcher(message).find(), test + ": " + message);
            return false;
        }
    }
}
