package dev.gamelan.interop.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gamelan.interop.onnx.proto.AttributeProto;
import dev.gamelan.interop.onnx.proto.FunctionProto;
import dev.gamelan.interop.onnx.proto.GraphProto;
import dev.gamelan.interop.onnx.proto.ModelProto;
import dev.gamelan.interop.onnx.proto.NodeProto;
import dev.gamelan.interop.onnx.proto.OperatorSetIdProto;
import dev.gamelan.interop.onnx.proto.TensorProto;
import dev.gamelan.interop.onnx.value.Value;
import dev.gamelan.shape.GamelanException;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.TensorMap;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Models that ask for too much: they end soon, with an error that says how much may be asked for. */
class OnnxLimitsTest {

    private static final OnnxLimits FEW = OnnxLimits.STANDARD.loopSteps(20_000).nodes(200_000);

    private static String refused(OnnxModel model, Map<String, Value> inputs) {
        return String.valueOf(assertThrows(GamelanException.class, () -> model.run(inputs)).getMessage());
    }

    private static String refused(OnnxModel model) {
        return refused(model, Map.of("x", Value.of(Tensor.of(1, 2, 3))));
    }

    /** @param condition of the next step: a node that makes {@code go} */
    private static GraphProto body(List<NodeProto> nodes) {
        return GraphProto.newBuilder().setName("body").addInput(Graphs.info("i", 7)).addInput(Graphs.info("before", 9))
                .addInput(Graphs.info("s", 1, 3)).addAllNode(nodes).addOutput(Graphs.info("go", 9)).addOutput(Graphs.info("t", 1, 3))
                .build();
    }

    private static NodeProto node(String op, List<String> inputs, String output, AttributeProto... attributes) {
        return NodeProto.newBuilder().setOpType(op).addAllInput(inputs).addOutput(output).addAllAttribute(List.of(attributes)).build();
    }

    private static Graphs looping(GraphProto body, String count) {
        return new Graphs().input("x", 1, 3).output("y").node("Loop", List.of(count, "", "x"), List.of("y"),
                Graphs.attribute("body", body));
    }

    private static final NodeProto KEEP = node("Identity", List.of("before"), "go");
    private static final NodeProto ADD = node("Add", List.of("s", "s"), "t");

    @Test
    void loopsWithoutEnd() {
        String message = refused(looping(body(List.of(KEEP, ADD)), "").read().limits(FEW));
        assertTrue(message.contains("at most 20000 steps") && message.contains("OnnxModel.limits"), message);
        assertTrue(message.contains("loop_0"), message);
    }

    /** The condition is computed: the program is cut at each step. */
    @Test
    void loopsWithoutEndWhoseConditionIsComputed() {
        NodeProto sum = node("ReduceSum", List.of("s"), "r", Graphs.attribute("keepdims", 0));
        NodeProto not = node("Equal", List.of("r", "r"), "go");
        OnnxModel model = looping(body(List.of(sum, not, node("Identity", List.of("s"), "t"))), "").read();
        String message = refused(model.limits(FEW.loopSteps(2000)));
        assertTrue(message.contains("at most 2000 steps"), message);
    }

    @Test
    void endlessLoopsInStandardLimits() {
        String message = refused(looping(body(List.of(KEEP, ADD)), "").read());
        assertTrue(message.contains("at most 1000000 steps"), message);
    }

    @Test
    void enormousCounts() {
        for (long count : new long[] {1L << 40, Long.MAX_VALUE, 1_000_001}) {
            String message = refused(looping(body(List.of(KEEP, ADD)), "n").longs("n", count).read());
            assertTrue(message.contains("at most 1000000 steps"), message);
        }
    }

    @Test
    void loopsInLoops() {
        GraphProto inner = body(List.of(KEEP, ADD));
        NodeProto loop = node("Loop", List.of("n", "", "s"), "t", Graphs.attribute("body", inner.toBuilder().clearInput()
                .addInput(Graphs.info("i2", 7)).addInput(Graphs.info("before", 9)).addInput(Graphs.info("s", 1, 3)).build()));
        GraphProto outer = body(List.of(KEEP, loop));
        String message = refused(looping(outer, "n").longs("n", 1000).read().limits(FEW));
        assertTrue(message.contains("at most 20000 steps"), message);
    }

    @Test
    void whatIsWithinTheLimitsRuns() {
        OnnxModel model = looping(body(List.of(KEEP, ADD)), "n").longs("n", 10).read();
        assertEquals(1024, model.limits(FEW.loopSteps(10)).apply(TensorMap.of("x", Tensor.of(1, 2, 3))).get("y").get(0).item());
        assertThrows(GamelanException.class, () -> model.limits(FEW.loopSteps(9)).apply(TensorMap.of("x", Tensor.of(1, 2, 3))));
        assertThrows(IllegalArgumentException.class, () -> FEW.bytes(0));
    }

    /** Each of 60 functions calls the next one twice. */
    @Test
    void functionsThatMultiply() {
        ModelProto.Builder model = new Graphs().input("x", 1, 3).output("y").model();
        for (int i = 0; i < 60; i++) {
            String next = i == 59 ? "Abs" : "F" + (i + 1);
            String domain = i == 59 ? "" : "own";
            model.addFunctions(FunctionProto.newBuilder().setName("F" + i).setDomain("own").addInput("a").addOutput("c")
                    .addNode(node(next, List.of("a"), "b").toBuilder().setDomain(domain))
                    .addNode(node(next, List.of("b"), "c").toBuilder().setDomain(domain))
                    .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(17)));
        }
        model.getGraphBuilder().addNode(node("F0", List.of("x"), "y").toBuilder().setDomain("own"));
        model.addOpsetImport(OperatorSetIdProto.newBuilder().setDomain("own").setVersion(1));
        OnnxModel read = Onnx.read(model.build().toByteArray());
        String message = refused(read.limits(FEW));
        assertTrue(message.contains("at most 200000 nodes"), message);
    }

    private static AttributeProto value(TensorProto tensor) {
        return AttributeProto.newBuilder().setName("value").setType(AttributeProto.AttributeType.TENSOR).setT(tensor).build();
    }

    private static Graphs graph() {
        return new Graphs().input("x", 1, 3).output("y");
    }

    private static Graphs sized(String op, String name, long[] sizes, AttributeProto... attributes) {
        return graph().longs(name, sizes).node(op, List.of(name), List.of("y"), attributes);
    }

    @TestFactory
    Stream<DynamicTest> enormousResults() {
        TensorProto text = TensorProto.newBuilder().setDataType(8).addDims(1)
                .addStringData(com.google.protobuf.ByteString.copyFromUtf8("a")).build();
        List<DynamicTest> tests = new ArrayList<>();
        for (long[] sizes : new long[][] {{1L << 40}, {1L << 20, 1L << 20}, {2_147_483_000L}, {40_000, 50_000},
                {1 << 16, 1 << 16, 1 << 8}}) {
            String name = " " + java.util.Arrays.toString(sizes);
            tests.add(refuses("ConstantOfShape" + name, sized("ConstantOfShape", "n", sizes)));
            tests.add(refuses("ConstantOfShape of text" + name, sized("ConstantOfShape", "n", sizes, value(text))));
            tests.add(refuses("Expand" + name, graph().longs("n", java.util.stream.LongStream.concat(java.util.Arrays.stream(sizes),
                    java.util.stream.LongStream.of(3)).toArray()).node("Expand", List.of("x", "n"), List.of("y"))));
        }
        for (long size : new long[] {1L << 40, Long.MAX_VALUE, 2_000_000_000}) {
            tests.add(refuses("Tile " + size, graph().longs("n", size).node("Tile", List.of("x", "n"), List.of("y"))));
            tests.add(refuses("Range " + size, graph().longs("v", 0, size, 1).longs("i", 0).longs("j", 1).longs("k", 2)
                    .node("Gather", List.of("v", "i"), List.of("a")).node("Gather", List.of("v", "j"), List.of("b"))
                    .node("Gather", List.of("v", "k"), List.of("c"))
                    .node("Range", List.of("a", "b", "c"), List.of("y"))));
            tests.add(refuses("Resize to " + size, graph().longs("n", size).node("Resize", List.of("x", "", "", "n"), List.of("y"),
                    Graphs.attribute("mode", "linear"))));
            tests.add(refuses("Pad by " + size, graph().longs("n", size, size).node("Pad", List.of("x", "n"), List.of("y"))));
            tests.add(refuses("HannWindow " + size, graph().longs("n", size).node("HannWindow", List.of("n"), List.of("y"))));
            tests.add(refuses("OneHot " + size, graph().longs("d", size).longs("i", 1, 2).longs("v", 0, 1)
                    .node("OneHot", List.of("i", "d", "v"), List.of("y"))));
        }
        for (float scale : new float[] {1e9f, 3e38f, Float.POSITIVE_INFINITY}) {
            tests.add(refuses("Resize by " + scale,
                    graph().floats("s", new float[] {scale}, 1).node("Resize", List.of("x", "", "s"), List.of("y"))));
        }
        return tests.stream();
    }

    private static DynamicTest refuses(String name, Graphs graph) {
        return DynamicTest.dynamicTest(name, () -> {
            String message = refused(graph.read());
            assertTrue(message.contains("too large"), message);
        });
    }

    /** Doubling in a loop: 2^40 elements in the end. */
    @Test
    void valuesThatGrowInALoop() {
        GraphProto body = GraphProto.newBuilder().setName("body").addInput(Graphs.info("i", 7)).addInput(Graphs.info("before", 9))
                .addInput(Graphs.info("s", 1, 0)).addNode(KEEP).addNode(node("Concat", List.of("s", "s"), "t", Graphs.attribute("axis", 0)))
                .addOutput(Graphs.info("go", 9)).addOutput(Graphs.info("t", 1, 0)).build();
        String message = refused(looping(body, "n").longs("n", 38).read());
        assertTrue(message.contains("too large"), message);
    }

    @Test
    void withoutALimitTheMemoryIsOne() {
        OnnxModel model = sized("ConstantOfShape", "n", new long[] {2_147_000_000}).read()
                .limits(OnnxLimits.STANDARD.bytes(Long.MAX_VALUE));
        String message = refused(model);
        assertTrue(message.contains("needs more memory") && message.contains("-Xmx"), message);
    }

    @Test
    void aSmallLimitIsKept() {
        OnnxModel model = graph().longs("n", 1000).node("Tile", List.of("x", "n"), List.of("y")).read();
        assertEquals(3000, model.limits(OnnxLimits.STANDARD.bytes(12_000)).apply(TensorMap.of("x", Tensor.of(1, 2, 3))).get("y").size());
        String message = refused(model.limits(OnnxLimits.STANDARD.bytes(11_999)));
        assertTrue(message.contains("at most 11999 bytes") && message.contains("3000 elements of 4 bytes"), message);
    }
}
