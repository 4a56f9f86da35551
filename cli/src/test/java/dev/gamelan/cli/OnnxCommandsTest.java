package dev.gamelan.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gamelan.interop.npy.Npy;
import dev.gamelan.interop.onnx.Onnx;
import dev.gamelan.interop.onnx.OnnxModel;
import dev.gamelan.interop.onnx.proto.AttributeProto;
import dev.gamelan.interop.onnx.proto.GraphProto;
import dev.gamelan.interop.onnx.proto.ModelProto;
import dev.gamelan.interop.onnx.proto.NodeProto;
import dev.gamelan.interop.onnx.proto.OperatorSetIdProto;
import dev.gamelan.interop.onnx.proto.TensorProto;
import dev.gamelan.interop.onnx.proto.TypeProto;
import dev.gamelan.interop.onnx.proto.ValueInfoProto;
import dev.gamelan.nn.Model;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.RandomKey;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.TensorMap;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class OnnxCommandsTest {

    @TempDir
    Path folder;

    private static ValueInfoProto floats(String name) {
        return ValueInfoProto.newBuilder().setName(name)
                .setType(TypeProto.newBuilder().setTensorType(TypeProto.Tensor.newBuilder().setElemType(1))).build();
    }

    private Path model(String op) throws IOException {
        GraphProto graph = GraphProto.newBuilder().addInput(floats("x")).addOutput(floats("y/out"))
                .addNode(NodeProto.newBuilder().setOpType(op).setName("only").addInput("x").addOutput("y/out")).build();
        ModelProto model = ModelProto.newBuilder().setGraph(graph).addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(17)).build();
        Path file = Files.createDirectories(folder.resolve(op)).resolve("model.onnx");
        return Files.write(file, model.toByteArray());
    }

    @Test
    void runWritesOutputs() throws IOException {
        Npy.write(folder.resolve("x.npy"), Tensor.of(-1, 2).data());
        JsonNode json = Gamelan.json("onnx", "run", model("Relu"), "--input", "x=" + folder.resolve("x.npy"), "--output",
                folder.resolve("out"),
                "--repeat", 3);
        assertEquals("y/out", json.get("outputs").get(0).get("name").asString());
        assertTrue(json.get("first_ms").asDouble() > 0 && json.get("p50_ms").asDouble() > 0 && json.get("p99_ms").asDouble() > 0);
        assertArrayEquals(new float[] {0, 2}, (float[]) Npy.read(folder.resolve("out/y_out.npy")).array());
    }

    @Test
    void failuresAreOneLine() throws IOException {
        Npy.write(folder.resolve("x.npy"), Tensor.of(-1, 2).data());
        Gamelan.fails(1, List.of("only", "Frobnicate"), "onnx", "run", model("Frobnicate"), "--input", "x=" + folder.resolve("x.npy"));
        Gamelan.fails(1, List.of("'x' is missing"), "onnx", "run", model("Relu"));
        Gamelan.fails(1, List.of("'x' FLOAT"), "onnx", "run", model("Relu"));
        Gamelan.fails(2, List.of("twice"), "onnx", "run", model("Relu"), "--input", "x=a.npy", "--input", "x=b.npy");
        Gamelan.fails(1, List.of("is an ONNX model"), "onnx", "export", model("Relu"), folder.resolve("again.onnx"));
        Gamelan.fails(2, List.of("--batch must be at least 1"), "onnx", "export", folder.resolve("no.safetensors"),
                folder.resolve("again.onnx"), "--batch", 0);
        Npy.write(folder.resolve("ints.npy"), Tensor.ofInts(-1, 2).data());
        Gamelan.fails(1, List.of("'x'", "FLOAT", "INT32"), "onnx", "run", model("Relu"), "--input", "x=" + folder.resolve("ints.npy"));
        Gamelan.fails(2, List.of("run, check or export"), "onnx");
    }

    @Test
    void valuesThatDoNotFitAreSaid() throws IOException {
        GraphProto graph = GraphProto.newBuilder().addInput(floats("x")).addInput(floats("i")).addOutput(floats("y"))
                .addNode(NodeProto.newBuilder().setOpType("Cast").addInput("i").addOutput("place")
                        .addAttribute(AttributeProto.newBuilder().setName("to").setType(AttributeProto.AttributeType.INT).setI(7)))
                .addNode(NodeProto.newBuilder().setOpType("Gather").setName("look up").addInput("x").addInput("place").addOutput("y"))
                .build();
        ModelProto model = ModelProto.newBuilder().setGraph(graph).addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(17)).build();
        Path file = Files.write(folder.resolve("gather.onnx"), model.toByteArray());
        Npy.write(folder.resolve("x.npy"), Tensor.of(-1, 2).data());
        Npy.write(folder.resolve("i.npy"), Tensor.of(0, 7).data());
        Gamelan.fails(1, List.of("values do not fit", "7"), "onnx", "run", file, "--input", "x=" + folder.resolve("x.npy"), "--input",
                "i=" + folder.resolve("i.npy"));
    }

    @Test
    void checkCountsAndExplains() throws IOException {
        set("Relu", Tensor.of(-1, 2), Tensor.of(0, 2));
        set("Abs", Tensor.of(-1, 2), Tensor.of(1, 3));
        Gamelan plain = Gamelan.run("onnx", "check", folder);
        assertEquals(1, plain.status());
        List<String> lines = plain.out().lines().toList();
        assertEquals("1 passed, 1 failed, 0 skipped", lines.getLast());
        assertTrue(lines.getFirst().startsWith("Abs: "), plain.out());
        Gamelan json = Gamelan.run("onnx", "check", folder, "--json", "--report", folder.resolve("report.md"));
        assertTrue(json.out().contains("\"failed\":1") && json.out().contains("\"case\":\"Abs\""), json.out());
        assertTrue(Files.readString(folder.resolve("report.md")).contains("| Abs |"));
    }

    private void set(String op, Tensor input, Tensor output) throws IOException {
        Path set = Files.createDirectories(model(op).resolveSibling("test_data_set_0"));
        Files.write(set.resolve("input_0.pb"), proto(input).toByteArray());
        Files.write(set.resolve("output_0.pb"), proto(output).toByteArray());
    }

    private static TensorProto proto(Tensor tensor) {
        TensorProto.Builder proto = TensorProto.newBuilder().setDataType(1).addDims(tensor.size());
        for (float value : tensor.toFloatArray()) {
            proto.addFloatData(value);
        }
        return proto.build();
    }

    @Test
    void summaryOfAFile() throws IOException {
        JsonNode json = Gamelan.json("summary", model("Relu"));
        assertEquals(0, json.get("parameters").asInt());
        assertEquals("Relu", json.get("layers").get(0).get("kind").asString());
        assertTrue(json.has("flops"));
    }

    @Test
    void exportWritesWhatTheModelComputes() {
        Path trained = folder.resolve("digits.safetensors");
        Gamelan.json("train", "--epochs", 1, "--out", trained);
        JsonNode json = Gamelan.json("onnx", "export", trained, folder.resolve("digits.onnx"));
        assertTrue(json.get("opset").asInt() >= 17 && json.get("nodes").asInt() > 0, json.toString());
        Model<Tensor, Tensor> model = Model.load(trained);
        OnnxModel read = Onnx.read(folder.resolve("digits.onnx"));
        Shape shape = model.example().orElseThrow().shape().with(0, 5);
        Tensor x = RandomKey.of(1).uniform(shape).mul(16).cast(model.example().orElseThrow().dtype());
        float[] expected = model.apply(x).toFloatArray();
        assertArrayEquals(expected, read.apply(TensorMap.of("input", x)).get("output").toFloatArray(), 1e-4f);
        Gamelan.json("onnx", "export", trained, folder.resolve("two.onnx"), "--batch", 2);
        assertEquals("UINT8(2, 8, 8, 1)", Onnx.read(folder.resolve("two.onnx")).declared("input"));
        assertEquals(model.parametric().parameters().paths(), read.parameters().paths());
    }
}
