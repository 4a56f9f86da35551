package dev.gamelan.interop.onnx;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.gamelan.interop.onnx.proto.AttributeProto;
import dev.gamelan.interop.onnx.proto.GraphProto;
import dev.gamelan.interop.onnx.proto.ModelProto;
import dev.gamelan.interop.onnx.proto.NodeProto;
import dev.gamelan.interop.onnx.proto.OperatorSetIdProto;
import dev.gamelan.interop.onnx.value.ElementType;
import dev.gamelan.shape.DType;
import dev.gamelan.tensor.RandomKey;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.TensorMap;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Operators of com.microsoft against ONNX Runtime. */
class MicrosoftTest {

    private static final RandomKey KEY = RandomKey.of(3);

    /** @param inputs null for one that is left out */
    private record Case(String name, String op, int outputs, double tolerance, List<Tensor> inputs, List<AttributeProto> attributes) {}

    private static Case of(String op, List<Tensor> inputs, AttributeProto... attributes) {
        return new Case(op, op, 1, 1e-5, inputs, List.of(attributes));
    }

    /** Rounding may go either way in the last place of an 8-bit result. */
    private static Case quantized(String op, List<Tensor> inputs, AttributeProto... attributes) {
        return new Case(op, op, 1, 1.01 / 128, inputs, List.of(attributes));
    }

    private static AttributeProto number(String name, double value) {
        return AttributeProto.newBuilder().setName(name).setType(AttributeProto.AttributeType.FLOAT).setF((float) value).build();
    }

    private static Tensor random(String name, int... dims) {
        return KEY.at(name).normal(dims);
    }

    private static Tensor bytes(String name, int... dims) {
        return KEY.at(name).uniform(dims).mul(255).cast(DType.UINT8);
    }

    /** Of 7 bits: on processors with AVX2 and no VNNI, ONNX Runtime adds two products in 16 bits, which larger ones leave. */
    private static Tensor signed(String name, int... dims) {
        return KEY.at(name).uniform(dims).mul(128).sub(64).cast(DType.INT8);
    }

    private static Tensor scale(double value) {
        return Tensor.scalar(value);
    }

    private static Tensor zero(int value) {
        return Tensor.scalar(DType.UINT8, value);
    }

    private static List<Case> cases() {
        Tensor x = random("x", 2, 4, 8);
        Tensor g = random("g", 8);
        Tensor b = random("b", 8);
        Tensor q = bytes("q", 2, 3, 4, 4);
        List<Case> cases = new ArrayList<>(List.of(of("Gelu", List.of(x)), of("FastGelu", List.of(x)), of("FastGelu", List.of(x, b)),
                of("QuickGelu", List.of(x), number("alpha", 1.5)), of("BiasGelu", List.of(x, b)),
                of("FusedMatMul", List.of(x, random("w", 2, 5, 8)), Graphs.attribute("transB", 1), number("alpha", 0.3)),
                of("FusedMatMul", List.of(random("a", 2, 8, 4), random("w", 2, 8, 5)), Graphs.attribute("transA", 1)),
                of("SkipLayerNormalization", List.of(x, random("s", 2, 4, 8), g, b, random("e", 8)), number("epsilon", 1e-6)),
                of("SkipSimplifiedLayerNormalization", List.of(x, random("s", 2, 4, 8), g)),
                of("FusedConv", List.of(random("i", 1, 2, 5, 5), random("k", 3, 2, 3, 3), random("c", 3)),
                        Graphs.attribute("activation", "Relu")),
                of("FusedGemm", List.of(random("a", 3, 8), random("w", 8, 4), random("c", 4)), Graphs.attribute("activation", "Tanh")),
                of("Attention", List.of(x, random("w", 8, 24), random("c", 24)), Graphs.attribute("num_heads", 2)),
                of("Attention", List.of(x, random("w", 8, 24), random("c", 24), Tensor.ofInts(3, 2)), Graphs.attribute("num_heads", 2)),
                of("Attention", List.of(x, random("w", 8, 24), random("c", 24)), Graphs.attribute("num_heads", 2),
                        Graphs.attribute("unidirectional", 1)),
                of("MultiHeadAttention", List.of(x, random("k", 2, 4, 8), random("v", 2, 4, 8)), Graphs.attribute("num_heads", 2)),
                of("RotaryEmbedding",
                        List.of(random("r", 1, 3, 8), Tensor.ofLongs(0, 1, 2).reshape(1, 3), random("cos", 6, 2), random("sin", 6, 2)),
                        Graphs.attribute("num_heads", 2), Graphs.attribute("rotary_embedding_dim", 0)),
                of("MatMulIntegerToFloat", List.of(bytes("a", 3, 8), signed("w", 8, 4), scale(0.02), scale(0.01), zero(120))),
                of("MatMulNBits", List.of(random("a", 3, 48), bytes("w", 5, 2, 16), random("scales", 10)), Graphs.attribute("K", 48),
                        Graphs.attribute("N", 5), Graphs.attribute("bits", 4), Graphs.attribute("block_size", 32)),
                of("MatMulNBits", List.of(random("a", 3, 64), bytes("w", 5, 2, 16), random("scales", 10), bytes("z", 5)),
                        Graphs.attribute("K", 64), Graphs.attribute("N", 5), Graphs.attribute("bits", 4),
                        Graphs.attribute("block_size", 32)),
                new Case("GroupQueryAttention", "GroupQueryAttention", 3, 1e-5,
                        List.of(random("gq", 1, 3, 64), random("gk", 1, 3, 32), random("gv", 1, 3, 32), random("pk", 1, 2, 4, 16),
                                random("pv", 1, 2, 4, 16), Tensor.ofInts(6), Tensor.ofInts(7), random("cos", 16, 8), random("sin", 16, 8)),
                        List.of(Graphs.attribute("num_heads", 4), Graphs.attribute("kv_num_heads", 2), Graphs.attribute("do_rotary", 1))),
                of("DynamicQuantizeMatMul", List.of(random("a", 3, 8), signed("w", 8, 4), scale(0.01)))));
        cases.addAll(List.of(
                quantized("QLinearAdd",
                        List.of(q, scale(0.1), zero(100), bytes("p", 2, 3, 4, 4), scale(0.05), zero(90), scale(0.2), zero(128))),
                quantized("QLinearMul",
                        List.of(q, scale(0.01), zero(100), bytes("p", 2, 3, 4, 4), scale(0.01), zero(90), scale(0.02), zero(128))),
                quantized("QLinearSigmoid", List.of(q, scale(0.05), zero(128), scale(0.004), zero(0))),
                quantized("QLinearLeakyRelu", List.of(q, scale(0.05), zero(128), scale(0.06), zero(60)), number("alpha", 0.1)),
                quantized("QLinearGlobalAveragePool", List.of(q, scale(0.05), zero(128), scale(0.02), zero(128))),
                quantized("QLinearConcat",
                        List.of(scale(0.1), zero(120), q, scale(0.1), zero(100), bytes("p", 2, 3, 4, 4), scale(0.05), zero(90)),
                        Graphs.attribute("axis", 1))));
        return cases;
    }

    @TestFactory
    Stream<DynamicTest> agrees() {
        return cases().stream().map(each -> dynamicTest(each.name, () -> check(each)));
    }

    private static void check(Case each) throws Exception {
        GraphProto.Builder graph = GraphProto.newBuilder().setName("g");
        NodeProto.Builder node = NodeProto.newBuilder().setDomain("com.microsoft").setOpType(each.op).setName("n")
                .addAllAttribute(each.attributes)
                .addOutput("y");
        TensorMap.Builder inputs = new TensorMap.Builder();
        for (int i = 0; i < each.inputs.size(); i++) {
            Tensor tensor = each.inputs.get(i);
            node.addInput("x" + i);
            long[] dims = Arrays.stream(tensor.shape().dims()).asLongStream().toArray();
            graph.addInput(Graphs.info("x" + i, ElementType.of(tensor.dtype()).code(), dims));
            inputs.put("x" + i, tensor.eval());
        }
        for (int i = 1; i < each.outputs; i++) {
            node.addOutput("y" + i);
        }
        boolean integers = each.tolerance > 1e-4;
        graph.addNode(node).addOutput(Graphs.info("y", integers ? 2 : 1).toBuilder().clearType().setType(
                dev.gamelan.interop.onnx.proto.TypeProto.newBuilder().setTensorType(
                        dev.gamelan.interop.onnx.proto.TypeProto.Tensor.newBuilder().setElemType(integers ? 2 : 1))));
        byte[] model = ModelProto.newBuilder().setIrVersion(8).setGraph(graph)
                .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(17))
                .addOpsetImport(OperatorSetIdProto.newBuilder().setDomain("com.microsoft").setVersion(1)).build().toByteArray();
        Map<String, Tensor> expected = Runtime.run(model, inputs.build());
        Tensor received = Onnx.read(model).apply(inputs.build()).get("y");
        double difference = Runtime.difference(expected.get("y"), received);
        assertTrue(difference <= each.tolerance, each.op + ": " + difference + "\n" + expected.get("y") + "\n" + received);
    }
}
