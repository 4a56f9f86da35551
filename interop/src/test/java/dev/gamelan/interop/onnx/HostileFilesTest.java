package dev.gamelan.interop.onnx;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import dev.gamelan.interop.onnx.proto.GraphProto;
import dev.gamelan.interop.onnx.proto.StringStringEntryProto;
import dev.gamelan.interop.onnx.proto.TensorProto;
import dev.gamelan.interop.onnx.value.Value;
import dev.gamelan.shape.FormatException;
import dev.gamelan.shape.GamelanException;
import dev.gamelan.shape.ShapeException;
import dev.gamelan.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever the bytes: a clear error, soon, and nothing outside of the model's folder is opened. */
class HostileFilesTest {

    private static Graphs good() {
        return new Graphs().input("x", 1, 0, 3).output("y").floats("w", new float[] {1, 2, 3, 4, 5, 6}, 3, 2)
                .longs("shape", -1, 2).node("MatMul", List.of("x", "w"), List.of("h")).node("Reshape", List.of("h", "shape"), List.of("y"));
    }

    private static void tryRun(byte[] bytes) {
        boolean _ = tryRun(bytes, OnnxLimits.STANDARD);
    }

    /** Whether it ran; if not, the error is clear. */
    private static boolean tryRun(byte[] bytes, OnnxLimits limits) {
        try {
            OnnxModel model = Onnx.read(bytes).limits(limits);
            Map<String, Value> results = model.run(Map.of("x", Value.of(Tensor.ones(2, 3))));
            assertTrue(results.size() < 1000);
            return true;
        } catch (GamelanException e) {
            assertTrue(e.getMessage() != null && !e.getMessage().isBlank());
            return false;
        }
    }

    @Test
    void truncatedFiles() {
        byte[] bytes = good().bytes();
        for (int length = 0; length < bytes.length; length++) {
            tryRun(Arrays.copyOf(bytes, length));
        }
    }

    @Test
    void changedBytes() {
        byte[] bytes = good().bytes();
        SplittableRandom random = new SplittableRandom(7);
        for (int trial = 0; trial < 3000; trial++) {
            byte[] changed = bytes.clone();
            for (int k = 0; k <= random.nextInt(4); k++) {
                changed[random.nextInt(changed.length)] = (byte) random.nextInt(256);
            }
            tryRun(changed);
        }
    }

    @Test
    void randomBytes() {
        SplittableRandom random = new SplittableRandom(3);
        for (int trial = 0; trial < 2000; trial++) {
            byte[] bytes = new byte[random.nextInt(200)];
            random.nextBytes(bytes);
            tryRun(bytes);
        }
    }

    /** With operators whose results are as large as the file says, and a loop: within limits, it ends. */
    @Test
    void changedBytesWhereSizesAreInTheFile() {
        GraphProto body = new Graphs().input("i", 7).input("go", 9).input("s", 1, 0).node("Identity", List.of("go"), List.of("on"))
                .node("Concat", List.of("s", "s"), List.of("t"), Graphs.attribute("axis", 0)).output("on").output("t").graph();
        byte[] bytes = new Graphs().input("x", 1, 0, 3).output("y").longs("flat", -1).longs("times", 2).longs("count", 3).longs("size", 20)
                .longs("pads", 1, 2).longs("shape", 4, 5).node("Reshape", List.of("x", "flat"), List.of("a"))
                .node("Tile", List.of("a", "times"), List.of("b"))
                .node("Loop", List.of("count", "", "b"), List.of("c"), Graphs.attribute("body", body))
                .node("Resize", List.of("c", "", "", "size"), List.of("d"), Graphs.attribute("mode", "linear"))
                .node("Pad", List.of("d", "pads"), List.of("e")).node("ConstantOfShape", List.of("shape"), List.of("f"))
                .node("ReduceSum", List.of("e"), List.of("g")).node("Add", List.of("f", "g"), List.of("y")).bytes();
        OnnxLimits few = new OnnxLimits(50_000_000, 1000, 10_000);
        assertTrue(tryRun(bytes, few));
        SplittableRandom random = new SplittableRandom(13);
        int ran = 0;
        for (int trial = 0; trial < 2000; trial++) {
            byte[] changed = bytes.clone();
            for (int k = 0; k <= random.nextInt(3); k++) {
                changed[random.nextInt(changed.length)] = (byte) random.nextInt(256);
            }
            ran += tryRun(changed, few) ? 1 : 0;
        }
        assertTrue(ran > 100 && ran < 1900, ran + " of 2000 ran");
    }

    @Test
    void aCycleIsNoGraph() {
        OnnxModel model = new Graphs().input("x", 1, 2).output("a").node("Add", List.of("x", "b"), List.of("a"))
                .node("Add", List.of("x", "a"), List.of("b")).read();
        assertThrows(FormatException.class, () -> model.run(Map.of("x", Value.of(Tensor.of(1, 2)))));
    }

    @Test
    void hugeExtentsCostNoMemory() {
        TensorProto lie = TensorProto.newBuilder().setName("w").setDataType(1).addDims(1L << 40)
                .setRawData(ByteString.copyFrom(new byte[4])).build();
        assertThrows(FormatException.class, () -> new Graphs().output("w").initializer(lie).read());
        TensorProto large = lie.toBuilder().clearDims().addDims(500_000_000).build();
        assertThrows(FormatException.class, () -> new Graphs().output("w").initializer(large).read());
        OnnxModel model = new Graphs().input("x", 7, 3).output("y").node("ConstantOfShape", List.of("x"), List.of("y")).read();
        Value shape = Value.of(Tensor.ofLongs(1 << 20, 1 << 20, 8));
        assertThrows(ShapeException.class, () -> model.run(Map.of("x", shape)));
    }

    @Test
    void externalDataStaysInTheModelsFolder(@TempDir Path folder) throws IOException {
        Path inner = Files.createDirectories(folder.resolve("model"));
        Files.write(folder.resolve("secret.bin"), new byte[8]);
        Files.write(inner.resolve("weights.bin"), new byte[8]);
        Files.createSymbolicLink(inner.resolve("link.bin"), folder.resolve("secret.bin"));
        for (String place : List.of("../secret.bin", folder.resolve("secret.bin").toString(), "link.bin", "missing.bin", "", ".", "a\0b")) {
            write(inner.resolve("m.onnx"), place, "0", "8");
            assertThrows(FormatException.class, () -> Onnx.read(inner.resolve("m.onnx")), place);
        }
        write(inner.resolve("m.onnx"), "weights.bin", "4", "8");
        assertThrows(FormatException.class, () -> Onnx.read(inner.resolve("m.onnx")));
        write(inner.resolve("m.onnx"), "weights.bin", "-1", "8");
        assertThrows(FormatException.class, () -> Onnx.read(inner.resolve("m.onnx")));
        write(inner.resolve("m.onnx"), "weights.bin", "0", "8");
        assertTrue(Onnx.read(inner.resolve("m.onnx")).parameters().contains("w"));
    }

    private static void write(Path file, String location, String offset, String length) throws IOException {
        TensorProto.Builder tensor = TensorProto.newBuilder().setName("w").setDataType(1).addDims(2)
                .setDataLocation(TensorProto.DataLocation.EXTERNAL);
        Map.of("location", location, "offset", offset, "length", length)
                .forEach((key, value) -> tensor.addExternalData(StringStringEntryProto.newBuilder().setKey(key).setValue(value)));
        Files.write(file, new Graphs().output("w").initializer(tensor.build()).bytes());
    }
}
