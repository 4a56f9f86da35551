package dev.gamelan.interop.onnx;

import static dev.gamelan.interop.onnx.Graphs.attribute;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gamelan.interop.onnx.proto.FunctionProto;
import dev.gamelan.interop.onnx.proto.ModelProto;
import dev.gamelan.interop.onnx.proto.NodeProto;
import dev.gamelan.interop.onnx.proto.OperatorSetIdProto;
import dev.gamelan.interop.onnx.proto.StringStringEntryProto;
import dev.gamelan.interop.onnx.value.Value;
import dev.gamelan.shape.DTypeException;
import dev.gamelan.shape.FormatException;
import dev.gamelan.shape.NameException;
import dev.gamelan.shape.Shape;
import dev.gamelan.shape.ShapeException;
import dev.gamelan.tensor.Functions;
import dev.gamelan.tensor.Program;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.TensorMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class OnnxModelTest {

    private static Tensor run(OnnxModel model, String output, Object... inputs) {
        TensorMap.Builder map = new TensorMap.Builder();
        for (int i = 0; i < inputs.length; i += 2) {
            map.put((String) inputs[i], (Tensor) inputs[i + 1]);
        }
        return model.apply(map.build()).get(output);
    }

    private static Graphs dense() {
        return new Graphs().input("x", 1, 0, 3).output("y").floats("w", new float[] {1, 2, 3, 4, 5, 6}, 3, 2)
                .floats("b", new float[] {1, -1}, 2)
                .node("Gemm", List.of("x", "w", "b"), List.of("h")).node("Relu", List.of("h"), List.of("y"));
    }

    @Test
    void runsForEveryShape() {
        OnnxModel model = dense().read();
        assertArrayEquals(new float[] {2, 1}, run(model, "y", "x", Tensor.of(1, 0, 0).reshape(1, 3)).toFloatArray());
        assertArrayEquals(new float[] {2, 1, 0, 0}, run(model, "y", "x", Tensor.of(1, 0, 0, -1, -1, 0).reshape(2, 3)).toFloatArray());
        assertEquals(List.of("x"), model.inputs());
        assertEquals("FLOAT(n, 3)", model.declared("x"));
    }

    @Test
    void initializersAreParametersWithGradients() {
        OnnxModel model = dense().read();
        assertEquals(List.of("b", "w"), model.parameters().paths());
        TensorMap x = TensorMap.of("x", Tensor.of(1, 2, 3).reshape(1, 3));
        TensorMap gradient = Functions.grad((TensorMap p) -> model.apply(p, x, List.of("y")).get("y").sum()).apply(model.parameters());
        assertArrayEquals(new float[] {1, 1}, gradient.get("b").toFloatArray());
        assertArrayEquals(new float[] {1, 1, 2, 2, 3, 3}, gradient.get("w").toFloatArray());
    }

    /** As PyTorch's normalize of rows, of which one is zeros. */
    @Test
    void aNormOfZerosHasNoSlope() {
        OnnxModel model = new Graphs().input("x", 1, 2, 2).output("y").floats("w", new float[] {1, 1}, 2)
                .floats("least", new float[] {1e-3f})
                .node("Mul", List.of("x", "w"), List.of("h")).node("ReduceL2", List.of("h"), List.of("norm"), attribute("keepdims", 1))
                .node("Clip", List.of("norm", "least"), List.of("cut")).node("Div", List.of("h", "cut"), List.of("y")).read();
        TensorMap x = TensorMap.of("x", Tensor.of(0, 0, 0, 0).reshape(2, 2));
        TensorMap gradient = Functions.grad((TensorMap p) -> model.apply(p, x, List.of("y")).get("y").sum()).apply(model.parameters());
        assertArrayEquals(new float[] {0, 0}, gradient.get("w").toFloatArray());
    }

    /** PyTorch's exporter makes one of equal tensors: of a fresh layer's shift and mean, of its scale and variance. */
    @Test
    void aStatisticThatIsOneWithAParameterIsNotLearned() {
        Graphs apart = new Graphs().input("x", 1, 0, 2).output("y").floats("scale", new float[] {1, 1}, 2).floats("shift", new float[2], 2)
                .floats("mean", new float[2], 2).floats("variance", new float[] {1, 1}, 2)
                .node("BatchNormalization", List.of("x", "scale", "shift", "mean", "variance"), List.of("y"));
        Graphs merged = new Graphs().input("x", 1, 0, 2).output("y").floats("scale", new float[] {1, 1}, 2).floats("shift", new float[2], 2)
                .node("Identity", List.of("scale"), List.of("variance"))
                .node("BatchNormalization", List.of("x", "scale", "shift", "shift", "variance"), List.of("y"));
        TensorMap x = TensorMap.of("x", Tensor.of(1, 2, 3, 5).reshape(2, 2));
        TensorMap changed = TensorMap.of(Map.of("scale", Tensor.of(2, 3), "shift", Tensor.of(1, -1)));
        assertEquals(List.of("scale", "shift"), merged.read().parameters().paths());
        for (Graphs graphs : List.of(apart, merged)) {
            OnnxModel model = graphs.read();
            TensorMap gradient = Functions.grad((TensorMap p) -> model.apply(p, x, List.of("y")).get("y").sum()).apply(changed);
            assertArrayEquals(new float[] {4, 7}, gradient.get("scale").toFloatArray(), 1e-3f);
            assertArrayEquals(new float[] {2, 2}, gradient.get("shift").toFloatArray(), 1e-3f);
            assertArrayEquals(new float[] {3, 5, 7, 14}, model.apply(changed, x, List.of("y")).get("y").toFloatArray(), 1e-3f);
        }
    }

    /** As above, where one layer's variance is another layer's scale. */
    @Test
    void aScaleThatIsOneWithAVarianceElsewhereIsLearned() {
        OnnxModel model = new Graphs().input("x", 1, 0, 2).output("y").floats("scale", new float[] {2, 2}, 2)
                .floats("shift", new float[2], 2)
                .floats("mean", new float[2], 2).floats("variance", new float[] {1, 1}, 2)
                .node("Identity", List.of("variance"), List.of("same")).node("Identity", List.of("same"), List.of("second"))
                .node("BatchNormalization", List.of("x", "scale", "shift", "mean", "variance"), List.of("h"))
                .node("BatchNormalization", List.of("h", "second", "shift", "mean", "variance"), List.of("y")).read();
        assertEquals(List.of("scale", "shift", "variance"), model.parameters().paths());
        TensorMap x = TensorMap.of("x", Tensor.of(1, 2, 3, 5).reshape(2, 2));
        TensorMap gradient = Functions.grad((TensorMap p) -> model.apply(p, x, List.of("y")).get("y").sum()).apply(model.parameters());
        assertArrayEquals(new float[] {8, 14}, gradient.get("variance").toFloatArray(), 1e-3f);
    }

    @Test
    void becomesPartOfAProgram() {
        OnnxModel model = dense().read();
        Program<Tensor, Tensor> program = Functions.compile((Tensor x) -> model.apply(TensorMap.of("x", x)).get("y").mul(2));
        assertArrayEquals(new float[] {4, 2}, program.apply(Tensor.of(1, 0, 0).reshape(1, 3)).toFloatArray());
    }

    @Test
    void givesInnerValues() {
        Map<String, Value> values = dense().read().run(Map.of("x", Value.of(Tensor.of(-1, 0, 0).reshape(1, 3))), List.of("h"));
        assertArrayEquals(new float[] {0, -3}, ((Value.Numbers) values.get("h")).tensor().toFloatArray());
    }

    @Test
    void aShapeAmongTheInputsIsAConstantOfTheProgram() {
        OnnxModel model = new Graphs().input("x", 1, 6).input("shape", 7, 2).output("y")
                .node("Reshape", List.of("x", "shape"), List.of("y")).read();
        Tensor x = Tensor.of(1, 2, 3, 4, 5, 6);
        assertEquals(Shape.of(2, 3), run(model, "y", "x", x, "shape", Tensor.ofLongs(2, 3)).shape());
        assertEquals(Shape.of(3, 2), run(model, "y", "x", x, "shape", Tensor.ofLongs(3, -1)).shape());
    }

    @Test
    void manyDifferentValuesNeedNoPrograms() {
        OnnxModel model = new Graphs().input("n", 7).output("y").longs("zero", 0).longs("one", 1)
                .node("Squeeze", List.of("zero"), List.of("from"))
                .node("Squeeze", List.of("one"), List.of("step")).node("Range", List.of("from", "n", "step"), List.of("y")).read();
        for (int n = 1; n < 40; n++) {
            assertEquals(Shape.of(n), run(model, "y", "n", Tensor.ofLongs(n).reshape(Shape.SCALAR)).shape());
        }
    }

    @Test
    void isCutWhereShapesDependOnValues() {
        OnnxModel model = new Graphs().input("x", 1, 0).output("y").node("Exp", List.of("x"), List.of("e")).floats("one", new float[] {1})
                .node("Greater", List.of("e", "one"), List.of("big")).node("Compress", List.of("e", "big"), List.of("some"))
                .node("Log", List.of("some"), List.of("y")).read();
        float[] large = new float[100];
        large[7] = 3;
        large[70] = 2;
        assertArrayEquals(new float[] {3, 2}, run(model, "y", "x", Tensor.of(large)).toFloatArray(), 1e-6f);
        large[3] = 1;
        assertArrayEquals(new float[] {1, 3, 2}, run(model, "y", "x", Tensor.of(large)).toFloatArray(), 1e-6f);
    }

    @Test
    void branchesOnAComputedCondition() {
        Graphs then = new Graphs().output("t").node("Add", List.of("x", "x"), List.of("t"));
        Graphs otherwise = new Graphs().output("o").node("Mul", List.of("x", "x"), List.of("o"));
        OnnxModel model = new Graphs().input("x", 1).output("y").floats("three", new float[] {3})
                .node("Less", List.of("x", "three"), List.of("small"))
                .node("If", List.of("small"), List.of("y"), attribute("then_branch", then.graph()),
                        attribute("else_branch", otherwise.graph()))
                .read();
        assertEquals(4, run(model, "y", "x", Tensor.scalar(2)).item());
        assertEquals(16, run(model, "y", "x", Tensor.scalar(4)).item());
    }

    @Test
    void loopsWhileAComputedConditionHolds() {
        Graphs body = new Graphs().input("i", 7).input("go", 9).input("v", 1).output("more").output("next")
                .node("Add", List.of("v", "v"), List.of("next")).floats("limit", new float[] {100})
                .node("Less", List.of("next", "limit"), List.of("more"));
        OnnxModel model = new Graphs().input("x", 1).output("y")
                .node("Loop", List.of("", "", "x"), List.of("y"), attribute("body", body.graph())).read();
        assertEquals(128, run(model, "y", "x", Tensor.scalar(1)).item());
        assertEquals(192, run(model, "y", "x", Tensor.scalar(3)).item());
    }

    @Test
    void callsFunctionsOfTheModel() {
        FunctionProto function = FunctionProto.newBuilder().setDomain("own").setName("Twice").addInput("a").addOutput("b")
                .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(17))
                .addNode(NodeProto.newBuilder().setOpType("Add").addInput("a").addInput("a").addOutput("b")).build();
        Graphs graphs = new Graphs().input("x", 1, 2).output("y");
        var model = graphs.model();
        model.getGraphBuilder().addNode(NodeProto.newBuilder().setDomain("own").setOpType("Twice").addInput("x").addOutput("y"));
        OnnxModel read = Onnx.read(model.addFunctions(function).build().toByteArray());
        assertArrayEquals(new float[] {2, 4}, run(read, "y", "x", Tensor.of(1, 2)).toFloatArray());
    }

    @Test
    void aMissingOperatorSaysWhichAndWhere() {
        OnnxModel model = new Graphs().input("x", 1, 2).output("y").node("Frobnicate", List.of("x"), List.of("y")).read();
        String message = assertThrows(FormatException.class, () -> run(model, "y", "x", Tensor.of(1, 2))).getMessage();
        assertTrue(message.contains("frobnicate_0") && message.contains("Frobnicate") && message.contains("17"), message);
    }

    @Test
    void aShapeThatDoesNotFitNamesTheNode() {
        OnnxModel model = new Graphs().input("x", 1, 0).input("z", 1, 0).output("y").node("Add", List.of("x", "z"), List.of("y")).read();
        String message = assertThrows(ShapeException.class, () -> run(model, "y", "x", Tensor.of(1, 2), "z", Tensor.of(1, 2, 3)))
                .getMessage();
        assertTrue(message.contains("add_0") && message.contains("Add"), message);
    }

    @Test
    void inputsAreChecked() {
        OnnxModel model = dense().read();
        assertThrows(ShapeException.class, () -> run(model, "y", "x", Tensor.of(1, 2).reshape(1, 2)));
        assertThrows(DTypeException.class, () -> run(model, "y", "x", Tensor.ofInts(1, 2, 3).reshape(1, 3)));
        assertThrows(NameException.class, () -> run(model, "y"));
        assertThrows(NameException.class, () -> run(model, "y", "w2", Tensor.of(1)));
    }

    @Test
    void summaryCountsOperations() {
        OnnxSummary summary = dense().read().summary();
        assertEquals(8, summary.parameters());
        assertTrue(summary.flops().orElseThrow() >= 12, summary.toString());
    }

    /** As PyTorch's exporter writes a transposed weight. */
    @Test
    void aLostNameIsThatOfTheLayer() {
        Graphs graphs = new Graphs().input("x", 1, 0, 3).output("y").floats("onnx::MatMul_7", new float[] {1, 2, 3}, 3, 1);
        var model = graphs.model();
        model.getGraphBuilder().addNode(NodeProto.newBuilder().setOpType("MatMul").setName("/encoder/layer.0/query/MatMul").addInput("x")
                .addInput("onnx::MatMul_7").addOutput("y"));
        OnnxModel read = Onnx.read(model.build().toByteArray());
        assertEquals(List.of("encoder.layer.0.query.weight"), read.parameters().paths());
        assertEquals(List.of("encoder.layer.0.query.weight"), read.parametersFor(List.of("y")).paths());
        TensorMap x = TensorMap.of("x", Tensor.of(1, 1, 1).reshape(1, 3));
        TensorMap doubled = read.parameters().map(weight -> weight.mul(2));
        assertEquals(12, read.apply(doubled, x, List.of("y")).get("y").sum().item());
        assertThrows(NameException.class, () -> read.apply(TensorMap.of("query.weight", Tensor.of(1)), x, List.of("y")));
        assertThrows(ShapeException.class, () -> read.apply(doubled.map(weight -> weight.reshape(3)), x, List.of("y")));
    }

    /** Layers that a sequence calls are called after it again in the names of nodes. */
    @Test
    void aLostNameRepeatsNoSequence() {
        var model = new Graphs().input("x", 1, 0, 1).output("y").floats("onnx::MatMul_7", new float[] {2}, 1, 1)
                .floats("onnx::MatMul_8", new float[] {3}, 1, 1).model();
        model.getGraphBuilder()
                .addNode(NodeProto.newBuilder().setOpType("MatMul").setName("/features/features.9/conv/conv.1/conv.1.0/MatMul")
                        .addInput("x").addInput("onnx::MatMul_7").addOutput("h"))
                .addNode(NodeProto.newBuilder().setOpType("MatMul").setName("/head/head/l/MatMul").addInput("h")
                        .addInput("onnx::MatMul_8").addOutput("y"));
        assertEquals(List.of("features.9.conv.1.0.weight", "head.head.l.weight"),
                Onnx.read(model.build().toByteArray()).parameters().paths());
    }

    /** As PaddlePaddle's exporter writes them; statistics are not learned. */
    @Test
    void constantNodesAreParametersAndStatisticsAreNot() {
        OnnxModel model = new Graphs().input("x", 1, 0, 2).output("y")
                .node("Constant", List.of(), List.of("scale"), attribute("value", new float[] {2, 3}))
                .floats("bias", new float[] {0, 1}, 2).floats("mean", new float[] {1, 1}, 2).floats("variance", new float[] {1, 4}, 2)
                .node("BatchNormalization", List.of("x", "scale", "bias", "mean", "variance"), List.of("y")).read();
        assertEquals(List.of("bias", "scale"), model.parameters().paths());
        TensorMap x = TensorMap.of("x", Tensor.of(2, 3).reshape(1, 2));
        TensorMap gradient = Functions.grad((TensorMap p) -> model.apply(p, x, List.of("y")).get("y").sum()).apply(model.parameters());
        assertArrayEquals(new float[] {1, 1}, gradient.get("scale").toFloatArray(), 1e-4f);
    }

    @Test
    void numbersOfTheProgramAreNoParameters() {
        OnnxModel model = new Graphs().input("x", 1, 2).output("y").floats("val_96", new float[] {2}).floats("logit_scale", new float[] {3})
                .node("Pow", java.util.List.of("x", "val_96"), java.util.List.of("h"))
                .node("Mul", java.util.List.of("h", "logit_scale"), java.util.List.of("y")).read();
        assertEquals(java.util.List.of("logit_scale"), java.util.List.copyOf(model.parameters().paths()));
    }

    @Test
    void graphSignatureTellsParametersAndNames() {
        Graphs graphs = new Graphs().input("x", 1, 1, 2).output("y").floats("val", new float[] {2}, 1).floats("val_1", new float[] {3}, 1)
                .floats("val_2", new float[] {1, 2, 3, 4}, 2, 2).floats("table", new float[] {5, 6}, 2)
                .node("Mul", List.of("x", "val"), List.of("a")).node("Add", List.of("a", "val_1"), List.of("b"))
                .node("MatMul", List.of("b", "val_2"), List.of("c")).node("Add", List.of("c", "table"), List.of("y"));
        ModelProto.Builder model = graphs.model();
        model.getGraphBuilder().addMetadataProps(StringStringEntryProto.newBuilder()
                .setKey("pkg.torch.export.ExportedProgram.graph_signature").setValue("""

                        # inputs
                        p_val: PARAMETER target='val'
                        p_net_query_weight: PARAMETER target='net.query.weight'
                        b_table: BUFFER target='table' persistent=True
                        x: USER_INPUT
                        """));
        model.getGraphBuilder().getNodeBuilder(2).addMetadataProps(StringStringEntryProto.newBuilder()
                .setKey("pkg.torch.onnx.name_scopes").setValue("['', 'net', 'net.query', 'linear']"));
        OnnxModel read = Onnx.read(model.build().toByteArray());
        assertEquals(List.of("net.query.weight", "val"), read.parameters().paths());
        assertArrayEquals(new float[] {31, 44}, run(read, "y", "x", Tensor.of(1, 2).reshape(1, 2)).toFloatArray());
    }
}
