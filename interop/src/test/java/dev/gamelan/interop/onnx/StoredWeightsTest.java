package dev.gamelan.interop.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import dev.gamelan.interop.onnx.proto.AttributeProto;
import dev.gamelan.interop.onnx.proto.GraphProto;
import dev.gamelan.interop.onnx.proto.NodeProto;
import dev.gamelan.interop.onnx.proto.StringStringEntryProto;
import dev.gamelan.interop.onnx.proto.TensorProto;
import dev.gamelan.interop.onnx.value.Value;
import dev.gamelan.ir.Data;
import dev.gamelan.ir.Op;
import dev.gamelan.shape.FormatException;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Tensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Weights that stay in the model's file, or in one beside it. */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "an open file can be neither deleted nor replaced there, so values are read at once")
class StoredWeightsTest {

    private static final int LENGTH = 20_000;

    @TempDir
    Path folder;

    private static TensorProto tensor(String name, int first) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * LENGTH).order(ByteOrder.LITTLE_ENDIAN);
        IntStream.range(0, LENGTH).forEach(i -> bytes.putFloat(first + i));
        return TensorProto.newBuilder().setName(name).setDataType(1).addDims(LENGTH).setRawData(ByteString.copyFrom(bytes.flip())).build();
    }

    /** y = x + large + small + constant + (the branch's own), all of which but one are large. */
    private static Graphs model() {
        GraphProto branch = GraphProto.newBuilder().setName("branch").addInitializer(tensor("inner", 3))
                .addNode(NodeProto.newBuilder().setOpType("Identity").addInput("inner").addOutput("result"))
                .addOutput(Graphs.info("result", 1, LENGTH)).build();
        return new Graphs().input("x", 1, LENGTH).output("y").initializer(tensor("large", 1)).floats("small", new float[] {10}, 1)
                .initializer(TensorProto.newBuilder().setName("yes").setDataType(9).setRawData(ByteString.copyFrom(new byte[] {1})).build())
                .node("Constant", List.of(), List.of("constant"),
                        AttributeProto.newBuilder().setName("value").setType(AttributeProto.AttributeType.TENSOR).setT(tensor("", 2))
                                .build())
                .node("If", List.of("yes"), List.of("chosen"), graph("then_branch", branch), graph("else_branch", branch))
                .node("Sum", List.of("x", "large", "small", "constant", "chosen"), List.of("y"));
    }

    private static AttributeProto graph(String name, GraphProto graph) {
        return AttributeProto.newBuilder().setName(name).setType(AttributeProto.AttributeType.GRAPH).setG(graph).build();
    }

    private Path write(byte[] bytes) throws IOException {
        return Files.write(folder.resolve("model.onnx"), bytes);
    }

    private static Data parameter(OnnxModel model, String name) {
        return ((Op.Constant) model.parameters().get(name).node().op()).data();
    }

    private static float[] run(OnnxModel model) {
        Value x = Value.of(Tensor.full(Shape.of(LENGTH), 0.5f));
        return ((Value.Numbers) model.run(Map.of("x", x)).get("y")).tensor().toFloatArray();
    }

    @Test
    void largeFloatsStayInTheFileAndAreWhatReadingGives() throws IOException {
        byte[] bytes = model().bytes();
        OnnxModel stored = Onnx.read(write(bytes));
        assertNull(parameter(stored, "large").arrayIfKept());
        assertNull(parameter(stored, "constant").arrayIfKept());
        assertNotNull(parameter(stored, "small").arrayIfKept());
        Files.delete(folder.resolve("model.onnx"));
        assertArrayEquals(run(Onnx.read(bytes)), run(stored));
        assertEquals(3 * 7 + 1 + 2 + 3 + 10.5f, run(stored)[7]);
    }

    @Test
    void aFileThatWasWrittenIntoIsAnError() throws IOException {
        byte[] bytes = model().bytes();
        OnnxModel stored = Onnx.read(write(bytes));
        write(Arrays.copyOf(bytes, bytes.length + 1));
        assertTrue(assertThrows(FormatException.class, () -> parameter(stored, "large").array()).getMessage().contains("was written into"));
    }

    @Test
    void damagedFilesAreAsDamagedAsInMemory() throws IOException {
        byte[] bytes = model().bytes();
        Random random = new Random(3);
        for (int i = 0; i < 300; i++) {
            byte[] changed = i % 3 == 0 ? Arrays.copyOf(bytes, random.nextInt(bytes.length)) : bytes.clone();
            for (int k = 0; k < i % 3 && changed.length > 0; k++) {
                // Mostly what is between values.
                int at = random.nextBoolean() ? random.nextInt(changed.length) : random.nextInt(Math.min(500, changed.length));
                changed[at] = (byte) random.nextInt(256);
            }
            assertEquals(outcome(() -> Onnx.read(changed)), outcome(() -> Onnx.read(write(changed))), "change " + i);
        }
    }

    private interface Reading {
        OnnxModel read() throws IOException;
    }

    private static String outcome(Reading reading) throws IOException {
        try {
            OnnxModel model = reading.read();
            StringBuilder result = new StringBuilder();
            model.parameters().forEach((name, value) -> result.append(name).append(Arrays.hashCode(value.toFloatArray())));
            return result.toString();
        } catch (FormatException _) {
            return "refused";
        }
    }

    @Test
    void graphsInsideOfEachOtherAreNotFollowedForEver() throws IOException {
        byte[] inner = tensor("w", 0).toByteArray();
        GraphProto graph = GraphProto.newBuilder().addInitializer(TensorProto.parseFrom(inner)).build();
        for (int i = 0; i < 60; i++) {
            graph = GraphProto.newBuilder().addNode(NodeProto.newBuilder().addAttribute(AttributeProto.newBuilder().setG(graph))).build();
        }
        byte[] deep = dev.gamelan.interop.onnx.proto.ModelProto.newBuilder().setGraph(graph).build().toByteArray();
        assertThrows(FormatException.class, () -> Onnx.read(write(deep)));
    }

    @Test
    void filesBesideTheModelKeepTheirValuesAsWell() throws IOException {
        Files.write(folder.resolve("weights.bin"), concat(new byte[12], tensor("w", 5).getRawData().toByteArray()));
        OnnxModel model = Onnx.read(write(external("12", Integer.toString(4 * LENGTH))));
        assertNull(parameter(model, "w").arrayIfKept());
        assertEquals(5 + 7, ((float[]) parameter(model, "w").array())[7]);
        assertThrows(FormatException.class, () -> Onnx.read(write(external("16", Integer.toString(4 * LENGTH)))));
        assertThrows(FormatException.class, () -> Onnx.read(write(external("8", Integer.toString(4 * LENGTH + 4)))));
        assertThrows(FormatException.class, () -> Onnx.read(write(external("-1", Integer.toString(4 * LENGTH)))));
    }

    private static byte[] external(String offset, String length) {
        TensorProto.Builder w = TensorProto.newBuilder().setName("w").setDataType(1).addDims(LENGTH)
                .setDataLocation(TensorProto.DataLocation.EXTERNAL);
        Map.of("location", "weights.bin", "offset", offset, "length", length)
                .forEach((key, value) -> w.addExternalData(StringStringEntryProto.newBuilder().setKey(key).setValue(value)));
        return new Graphs().output("w").initializer(w.build()).bytes();
    }

    private static byte[] concat(byte[] first, byte[] second) {
        byte[] both = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return both;
    }
}
