package dev.gamelan.interop.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import dev.gamelan.interop.onnx.proto.AttributeProto;
import dev.gamelan.interop.onnx.proto.FunctionProto;
import dev.gamelan.interop.onnx.proto.GraphProto;
import dev.gamelan.interop.onnx.proto.ModelProto;
import dev.gamelan.interop.onnx.proto.NodeProto;
import dev.gamelan.interop.onnx.proto.OperatorSetIdProto;
import dev.gamelan.interop.onnx.proto.SparseTensorProto;
import dev.gamelan.interop.onnx.proto.StringStringEntryProto;
import dev.gamelan.interop.onnx.proto.TensorProto;
import dev.gamelan.interop.onnx.value.Value;
import dev.gamelan.shape.GamelanException;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Tensor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a file may build of functions, graphs in graphs, sparse tensors, small types and strings to do harm. */
class HostileConstructsTest {

    private static String refused(Supplier<?> action) {
        return String.valueOf(assertThrows(GamelanException.class, action::get).getMessage());
    }

    private static String refused(Graphs graph, Value x) {
        return refused(() -> graph.read().run(Map.of("x", x)));
    }

    private static void assertSays(String part, String message) {
        assertTrue(message.contains(part), message);
    }

    private static Value numbers() {
        return Value.of(Tensor.of(1, 2, 3));
    }

    private static Graphs graph() {
        return new Graphs().input("x", 1, 3).output("y");
    }

    private static NodeProto node(String op, List<String> inputs, String output, AttributeProto... attributes) {
        return NodeProto.newBuilder().setOpType(op).addAllInput(inputs).addOutput(output).addAllAttribute(List.of(attributes)).build();
    }

    private static FunctionProto function(String name, String overload, NodeProto... nodes) {
        return FunctionProto.newBuilder().setName(name).setOverload(overload).setDomain("own").addInput("a").addOutput("c")
                .addAllNode(List.of(nodes)).addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(17)).build();
    }

    private static NodeProto call(String name, String overload, String input, String output) {
        return node(name, List.of(input), output).toBuilder().setDomain("own").setOverload(overload).build();
    }

    private static byte[] calling(FunctionProto... functions) {
        ModelProto.Builder model = graph().model();
        model.addAllFunctions(Arrays.asList(functions)).getGraphBuilder().addNode(call("F", "1", "x", "y"));
        return model.addOpsetImport(OperatorSetIdProto.newBuilder().setDomain("own").setVersion(1)).build().toByteArray();
    }

    @Test
    void functionsThatCallThemselves() {
        byte[] own = calling(function("F", "1", call("F", "1", "a", "c")));
        assertSays("does a function call itself?", refused(() -> Onnx.read(own).run(Map.of("x", numbers()))));
        byte[] overloads = calling(function("F", "1", call("F", "2", "a", "c")), function("F", "2", call("F", "1", "a", "c")));
        assertSays("does a function call itself?", refused(() -> Onnx.read(overloads).run(Map.of("x", numbers()))));
        GraphProto inside = GraphProto.newBuilder().setName("b").addNode(call("F", "1", "a", "r")).addOutput(Graphs.info("r", 1)).build();
        byte[] branch = calling(function("F", "1", node("Constant", List.of(), "t", Graphs.attribute("value_int", 1)),
                node("Cast", List.of("t"), "yes", Graphs.attribute("to", 9)),
                node("If", List.of("yes"), "c", Graphs.attribute("then_branch", inside), Graphs.attribute("else_branch", inside))));
        assertSays("does a function call itself?", refused(() -> Onnx.read(branch).run(Map.of("x", numbers()))));
    }

    @Test
    void anOverloadThatIsNotThere() {
        byte[] bytes = calling(function("F", "2", node("Abs", List.of("a"), "c")));
        assertSays("own.F", refused(() -> Onnx.read(bytes).run(Map.of("x", numbers()))));
    }

    /** Messages that protobuf's own classes would not write: a graph in an attribute of a node in a graph, and so on. */
    @Test
    void graphsThousandsDeep(@TempDir Path folder) throws IOException {
        byte[] inner = {};
        for (int i = 0; i < 5000; i++) {
            byte[] attribute = field(AttributeProto.G_FIELD_NUMBER, inner);
            byte[] node = field(NodeProto.ATTRIBUTE_FIELD_NUMBER, attribute);
            inner = field(GraphProto.NODE_FIELD_NUMBER, node);
        }
        byte[] bytes = field(ModelProto.GRAPH_FIELD_NUMBER, inner);
        assertSays("truncated or damaged", refused(() -> Onnx.read(bytes)));
        Path file = folder.resolve("deep.onnx");
        Files.write(file, bytes);
        assertSays("truncated or damaged", refused(() -> Onnx.read(file)));
    }

    private static byte[] field(int number, byte[] content) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(number << 3 | 2);
        int rest = content.length;
        for (; rest > 0x7F; rest >>>= 7) {
            out.write(rest & 0x7F | 0x80);
        }
        out.write(rest);
        out.writeBytes(content);
        return out.toByteArray();
    }

    @Test
    void chainsOfHundredThousandNodes() {
        Graphs chain = graph();
        for (int i = 0; i < 100_000; i++) {
            chain.node("Identity", List.of(i == 0 ? "x" : "a" + i), List.of(i == 99_999 ? "y" : "a" + (i + 1)));
        }
        Map<String, Value> result = chain.read().run(Map.of("x", numbers()));
        assertEquals("FLOAT(3,)", result.get("y").toString());
    }

    @Test
    void aNameTwice() {
        Graphs twice = graph().node("Abs", List.of("x"), List.of("a")).node("Neg", List.of("x"), List.of("a")).node("Relu", List.of("a"),
                List.of("y"));
        assertSays("two nodes make the same value", refused(twice, numbers()));
        Graphs within = graph().node("Split", List.of("x"), List.of("a", "a")).node("Relu", List.of("a"), List.of("y"));
        assertSays("two nodes make the same value", refused(within, numbers()));
    }

    @Test
    void outputsThatTheOperatorHasNot() {
        NodeProto two = node("Abs", List.of("x"), "y").toBuilder().addOutput("z").build();
        byte[] bytes = graph().model().setGraph(graph().graph().toBuilder().addNode(two)).build().toByteArray();
        assertSays("fewer outputs", refused(() -> Onnx.read(bytes).run(Map.of("x", numbers()))));
    }

    private static ModelProto sparse(List<Long> dims, int[] indexDims, long... indices) {
        TensorProto.Builder values = TensorProto.newBuilder().setName("w").setDataType(1).addDims(1).addFloatData(2);
        TensorProto.Builder places = TensorProto.newBuilder().setName("p").setDataType(7);
        Arrays.stream(indexDims).forEach(places::addDims);
        Arrays.stream(indices).forEach(places::addInt64Data);
        ModelProto.Builder model = new Graphs().output("w").model();
        model.getGraphBuilder().addSparseInitializer(
                SparseTensorProto.newBuilder().setValues(values).setIndices(places).addAllDims(dims));
        return model.build();
    }

    @Test
    void sparseTensors() {
        Map<String, Value> dense = Onnx.read(sparse(List.of(2L, 3L), new int[] {1, 2}, 1, 2).toByteArray()).run(Map.of());
        assertEquals(2, ((Value.Numbers) dense.get("w")).tensor().get(1, 2).item());
        assertSays("a quarter of what Java may use", refused(sparse(List.of(2_000_000_000L), new int[] {1}, 5)));
        assertSays("impossible shape", refused(sparse(List.of(1L << 40, 1L << 40), new int[] {1}, 5)));
        assertSays("impossible shape", refused(sparse(List.of(-3L), new int[] {1}, 0)));
        assertSays("inside of", refused(sparse(List.of(2L, 3L), new int[] {1, 2}, 0, 4)));
        assertSays("inside of", refused(sparse(List.of(2L, 3L), new int[] {1, 2}, 1, -1)));
        assertSays("inside of", refused(sparse(List.of(2L, 3L), new int[] {1}, Long.MAX_VALUE)));
        assertSays("damaged", refused(sparse(List.of(2L, 3L), new int[] {2}, 1, 2)));
    }

    private static String refused(ModelProto model) {
        return refused(() -> Onnx.read(model.toByteArray()).run(Map.of()));
    }

    /** Types of a few bits, in the file and beside it: too short, too long, negative, overflowing. */
    @Test
    void typesOfFewBits(@TempDir Path folder) throws IOException {
        Files.write(folder.resolve("data.bin"), new byte[4]);
        for (int type : new int[] {17, 18, 19, 20, 21, 22, 23, 24, 25, 26}) {
            boolean half = type >= 21 && type <= 23;
            int bytes = half ? 3 : type > 24 ? 2 : 5;
            for (int length : new int[] {0, 1, bytes - 1, bytes, bytes + 1, 100}) {
                TensorProto raw = TensorProto.newBuilder().setName("w").setDataType(type).addDims(5)
                        .setRawData(ByteString.copyFrom(new byte[length])).build();
                check(length == bytes, () -> new Graphs().output("w").initializer(raw).read().run(Map.of()));
            }
            for (List<String> place : List.of(List.of("0", "4"), List.of("1", "4"), List.of("0", "" + bytes),
                    List.of("2", "9223372036854775807"),
                    List.of("9223372036854775807", "1"), List.of("-1", "2"), List.of("0x0", "2"), List.of("", ""))) {
                TensorProto outer = TensorProto.newBuilder().setName("w").setDataType(type).addDims(5)
                        .addExternalData(entry("location", "data.bin"))
                        .addExternalData(entry("offset", place.get(0))).addExternalData(entry("length", place.get(1)))
                        .setDataLocation(TensorProto.DataLocation.EXTERNAL).build();
                Files.write(folder.resolve("m.onnx"), new Graphs().output("w").initializer(outer).bytes());
                check(place.equals(List.of("0", "" + bytes)) && bytes <= 4, () -> Onnx.read(folder.resolve("m.onnx")).run(Map.of()));
            }
        }
    }

    private static StringStringEntryProto entry(String key, String value) {
        return StringStringEntryProto.newBuilder().setKey(key).setValue(value).build();
    }

    private static void check(boolean good, Supplier<Map<String, Value>> action) {
        if (good) {
            assertEquals(1, action.get().size());
        } else {
            assertSays("expected", refused(action));
        }
    }

    /** Strings that double in each step of a loop: each value is small as a tensor, and enormous as text. */
    @Test
    void stringsThatGrow() {
        GraphProto body = GraphProto.newBuilder().setName("body").addInput(Graphs.info("i", 7)).addInput(Graphs.info("before", 9))
                .addInput(Graphs.info("s", 8, 1)).addNode(node("Identity", List.of("before"), "go"))
                .addNode(node("StringConcat", List.of("s", "s"), "t")).addOutput(Graphs.info("go", 9)).addOutput(Graphs.info("t", 8, 1))
                .build();
        Graphs loop = new Graphs().input("x", 8, 1).output("y").longs("n", 200).node("Loop", List.of("n", "", "x"), List.of("y"),
                Graphs.attribute("body", body));
        ModelProto.Builder model = loop.model();
        model.setOpsetImport(0, OperatorSetIdProto.newBuilder().setVersion(20));
        byte[] bytes = model.build().toByteArray();
        Value text = Value.of(Shape.of(1), List.of("a longer text"));
        assertSays("too large", refused(() -> Onnx.read(bytes).limits(OnnxLimits.STANDARD.bytes(1 << 24)).run(Map.of("x", text))));
    }

    /** What takes other matchers time that doubles with each character, or as much stack as there is text. */
    @Test
    void expressionsThatOthersFallFor() {
        for (String pattern : List.of("(a*)*b", "(a|aa)+$b", "(a|b|ab)*c", "((a{0,30}){0,30})b", "(.*.*.*.*)x")) {
            assertEquals(0, matches(pattern, "a".repeat(5000)), pattern);
        }
        assertEquals(1, matches("(a|b)*", "ab".repeat(100_000)));
        for (String pattern : List.of("(((a{1000}){1000}){1000})", "((){1000}){1000}", "(a", "a)", "[a", "a**", "\\1", "(?=a)",
                "\\p{Nothing}", "[z-a]",
                "x{1001}", "a{2,1}", "\\", "(?P<>a)", "[[:none:]]", "(".repeat(5000))) {
            assertSays("expected", refused(expression(pattern), Value.of(Shape.of(1), List.of("a"))));
        }
    }

    private static Graphs expression(String pattern) {
        return new Graphs().input("x", 8, 1).output("y").node("RegexFullMatch", List.of("x"), List.of("y"),
                Graphs.attribute("pattern", pattern));
    }

    private static int matches(String pattern, String text) {
        Map<String, Value> result = expression(pattern).read().run(Map.of("x", Value.of(Shape.of(1), List.of(text))));
        return (int) ((Value.Numbers) result.get("y")).tensor().data().getLong(0);
    }
}
