package dev.gamelan.interop.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.gamelan.shape.DType;
import dev.gamelan.shape.FormatException;
import dev.gamelan.shape.NameException;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Axes;
import dev.gamelan.tensor.Functions;
import dev.gamelan.tensor.RandomKey;
import dev.gamelan.tensor.Stepper;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.TensorMap;
import dev.gamelan.tensor.Tensors;
import dev.gamelan.tensor.Windows;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** Functions that are written as ONNX give the same numbers in ONNX Runtime, and when they are read again. */
class ExportTest {

    @TempDir
    Path folder;

    private static final RandomKey KEY = RandomKey.of(5);

    private static Tensor random(String name, int... dims) {
        return KEY.at(name).normal(dims);
    }

    private record Case(Function<Tensor, Tensor> function, Tensor example) {}

    private static Map<String, Case> cases() {
        Map<String, Case> cases = new LinkedHashMap<>();
        Tensor matrix = random("x", 4, 6);
        Tensor image = random("image", 2, 9, 8, 3);
        cases.put("arithmetic", new Case(x -> x.mul(2).add(1).div(x.abs().add(1)).sub(x.square()).pow(2), matrix));
        cases.put("functions", new Case(x -> x.exp().add(x.sigmoid()).add(x.tanh()).add(x.erf()).add(x.abs().add(1).log()).add(x.sin())
                .add(x.floor()).add(x.ceil()).add(x.round()).add(x.trunc()).add(x.abs().add(1).rsqrt()).add(x.sign()), matrix));
        cases.put("activations", new Case(x -> x.gelu().add(x.geluTanh()).add(x.elu(1)).add(x.softplus()).add(x.silu()).add(x.mish())
                .add(x.leakyRelu(0.1)).add(x.selu()).add(x.hardSwish()), matrix));
        cases.put("comparisons",
                new Case(x -> Tensors.where(x.greater(0).and(x.ne(1)).or(x.lessEqual(-1)), x, x.neg().minimum(0.5)), matrix));
        cases.put("softmax", new Case(x -> x.softmax(-1).add(x.logSoftmax(0)), matrix));
        cases.put("reductions",
                new Case(x -> x.sum(Axes.keep(1)).add(x.max(0)).add(x.min()).add(x.variance(Axes.keep(0))).add(x.mean()), matrix));
        cases.put("indices", new Case(x -> x.argmax(1).add(x.argsort(1).select(1, 0)).cast(DType.FLOAT32).add(x.cumsum(1).sum(1)), matrix));
        Tensor whole = Tensor.ofInts(-2_000_000_000, -7, -1, 0, 5, 2_000_000_000);
        for (DType type : java.util.List.of(DType.INT8, DType.UINT8, DType.INT32, DType.INT64)) {
            Tensor bits = Tensor.ofInts(0, 1, 3, 7, 2, 1).cast(type);
            cases.put("shifts of " + type, new Case(x -> Tensors.stack(0, x.shiftLeft(bits), x.shiftRight(bits), x.shiftRightUnsigned(bits))
                    .cast(DType.FLOAT64).div(1 << 16), whole.cast(type)));
        }
        cases.put("choices of small types", new Case(x -> x.cast(DType.INT8).where(x.greater(0), x.neg().cast(DType.INT8)).cast(DType.INT32)
                .add(x.less(1).where(x.greater(0), x.greater(-1)).cast(DType.INT32)).cast(DType.FLOAT32), matrix));
        cases.put("layouts", new Case(
                x -> Tensors.concat(0, x.transpose().reshape(4, 6), x.flip(1), x.roll(1, 2), x.pad(0, 1, 0).slice(0, 0, 2, 1)), matrix));
        cases.put("gather", new Case(x -> x.take(1, Tensor.ofInts(5, 0, 0)).matmul(random("w", 3, 2)), matrix));
        cases.put("scatter", new Case(x -> Tensor.zeros(4, 3).scatterAdd(1, Tensor.ofInts(0, 2, 0, 1, 1, 2), x), matrix));
        cases.put("dense", new Case(x -> x.matmul(random("w", 6, 5)).add(random("b", 5)).relu(), matrix));
        cases.put("normalization",
                new Case(x -> x.sub(x.mean(Axes.keep(-1))).div(x.std(Axes.keep(-1)).add(1e-5)).mul(random("g", 6)), matrix));
        cases.put("convolution",
                new Case(x -> Tensors.conv(x, random("k", 3, 3, 3, 4), Windows.of(new int[] {2, 1}, new int[] {1, 0}, new int[] {1, 2},
                        new int[] {1, 2}), 1).add(random("b", 4)).relu(), image));
        cases.put("groups", new Case(x -> Tensors.conv(x, random("k", 3, 3, 1, 6), Windows.of(2), 3), image));
        cases.put("cropped",
                new Case(x -> Tensors.conv(x, random("k", 2, 2, 3, 4), Windows.of(new int[] {1, 1}, new int[] {-1, 1}, new int[] {0, -2},
                        new int[] {1, 1}), 1), image));
        cases.put("transposed convolution", new Case(x -> Tensors.convTranspose(x, random("k", 3, 2, 3, 4), Windows.of(new int[] {2, 2},
                new int[] {1, 0}, new int[] {0, 1}, new int[] {1, 1}), 1, 1, 0), image));
        cases.put("pooling", new Case(x -> Tensors.maxPool(x, 2, 2).add(Tensors.avgPool(x, 2, 2)), image));
        cases.put("padded mean",
                new Case(x -> Tensors.avgPool(x, Shape.of(3, 3), Windows.of(new int[] {2, 2}, new int[] {1, 1}, new int[] {1, 1},
                        new int[] {1, 1}), false), image));
        cases.put("attention", new Case(x -> Tensors.causalAttention(x, x.mul(2), x.neg()), random("t", 2, 3, 5, 4)));
        cases.put("embedding", new Case(x -> random("e", 10, 4).take(0, x), Tensor.ofInts(1, 9, 0)));
        cases.put("recurrence", new Case(ExportTest::recurrence, random("s", 7, 2, 3)));
        cases.put("backwards",
                new Case(x -> Functions.scanReverse(Tensor.zeros(2, 3), x, (Tensor s, Tensor v) -> new Stepper.Next<>(s.mul(0.5).add(v), s))
                        .output(), random("s", 7, 2, 3)));
        cases.put("branch", new Case(x -> Functions.cond(x.sum().greater(0), () -> x.mul(2), () -> x.sub(1)), matrix));
        cases.put("remat", new Case(x -> {
            Function<Tensor, Tensor> inner = Functions.remat((Tensor y) -> y.tanh().mul(2));
            return inner.apply(inner.apply(x));
        }, matrix));
        return cases;
    }

    /** A gated recurrent network. */
    private static Tensor recurrence(Tensor x) {
        return recurrence(x, 2);
    }

    private static Tensor recurrence(Tensor x, int batch) {
        Tensor w = random("w", 3, 4);
        Tensor u = random("u", 4, 4);
        return Functions.scan(Tensor.zeros(batch, 4), x, (Tensor h, Tensor step) -> {
            Tensor next = step.matmul(w).add(h.matmul(u)).tanh();
            return new Stepper.Next<>(next, next.mul(h.sigmoid()));
        }).output();
    }

    @TestFactory
    Stream<DynamicTest> runsElsewhere() {
        return cases().entrySet().stream().map(each -> dynamicTest(each.getKey(), () -> {
            Path file = folder.resolve("model.onnx");
            Case given = each.getValue();
            Onnx.write(file, given.function, given.example);
            Tensor expected = given.function.apply(given.example).eval();
            TensorMap inputs = TensorMap.of("input", given.example);
            double elsewhere = Runtime.difference(expected, Runtime.run(Files.readAllBytes(file), inputs).get("output"));
            assertTrue(elsewhere < 1e-5, "ONNX Runtime: " + elsewhere);
            double again = Runtime.difference(expected, Onnx.read(file).apply(inputs).get("output"));
            assertTrue(again < 1e-5, "read again: " + again);
        }));
    }

    @Test
    void anImportedModelLeavesAgain() throws Exception {
        OnnxModel model = new Graphs().input("x", 1, 2, 3).output("y").floats("w", new float[] {1, 2, 3, 4, 5, 6}, 3, 2)
                .node("MatMul", java.util.List.of("x", "w"), java.util.List.of("h"))
                .node("Relu", java.util.List.of("h"), java.util.List.of("y")).read();
        TensorMap inputs = TensorMap.of("x", random("x", 2, 3));
        Onnx.write(folder.resolve("again.onnx"), model, inputs);
        assertTrue(Onnx.read(folder.resolve("again.onnx")).parameters().contains("w"));
        Tensor elsewhere = Runtime.run(Files.readAllBytes(folder.resolve("again.onnx")), inputs).get("y");
        assertTrue(Runtime.difference(model.apply(inputs).get("y"), elsewhere) < 1e-6);
    }

    /** A triangle of ones times x, plus rows of a table and what the graph makes of its extent: all of it follows from the shape of x. */
    private static Graphs shaped() {
        float[] table = random("table", 10, 4).toFloatArray();
        return new Graphs().input("x", 1, 0, 4).output("y").floats("table", table, 10, 4).longs("zero", 0).longs("one", 1).longs("last", -1)
                .node("Shape", java.util.List.of("x"), java.util.List.of("shape"))
                .node("Gather", java.util.List.of("shape", "zero"), java.util.List.of("rows"))
                .node("Squeeze", java.util.List.of("rows"), java.util.List.of("n"))
                .node("Squeeze", java.util.List.of("zero"), java.util.List.of("start"))
                .node("Squeeze", java.util.List.of("one"), java.util.List.of("delta"))
                .node("Range", java.util.List.of("start", "n", "delta"), java.util.List.of("range"))
                .node("Unsqueeze", java.util.List.of("range", "last"), java.util.List.of("column"))
                .node("GreaterOrEqual", java.util.List.of("column", "range"), java.util.List.of("below"))
                .node("Cast", java.util.List.of("below"), java.util.List.of("mask"), Graphs.attribute("to", 1))
                .node("MatMul", java.util.List.of("mask", "x"), java.util.List.of("sums"))
                .node("Gather", java.util.List.of("table", "range"), java.util.List.of("positions"))
                .node("Add", java.util.List.of("sums", "positions"), java.util.List.of("moved"))
                .node("Cast", java.util.List.of("n"), java.util.List.of("count"), Graphs.attribute("to", 1))
                .node("Sqrt", java.util.List.of("count"), java.util.List.of("root"))
                .node("Div", java.util.List.of("moved", "root"), java.util.List.of("y"));
    }

    /** Masks and positions that an imported graph makes of its shapes are written as what makes them. */
    @Test
    void whatFollowsFromShapesStaysOpen() throws Exception {
        OnnxModel model = shaped().read();
        assertEquals(java.util.List.of(OpenAxis.of("n", 0).only(java.util.List.of("x"))), model.openAxes());
        Path file = folder.resolve("again.onnx");
        Onnx.write(file, model, TensorMap.of("x", random("x", 5, 4)), model.openAxes());
        OnnxModel again = Onnx.read(file);
        assertEquals("FLOAT(n, 4)", again.declared("x"));
        assertEquals("FLOAT(n, 4)", again.declared("y"));
        assertEquals(model.parameters().paths(), again.parameters().paths());
        for (int n : new int[] {2, 5, 9}) {
            TensorMap inputs = TensorMap.of("x", random("x" + n, n, 4));
            Tensor expected = Runtime.run(shaped().bytes(), inputs).get("y");
            assertTrue(Runtime.difference(expected, Runtime.run(Files.readAllBytes(file), inputs).get("y")) < 1e-6, "n = " + n);
            assertTrue(Runtime.difference(expected, again.apply(inputs).get("y")) < 1e-6, "n = " + n);
        }
    }

    /** Of an extent that is rounded down the file says nothing, but has it. */
    @Test
    void extentsThatDoNotFollowHaveNoName() throws Exception {
        Path file = folder.resolve("strided.onnx");
        Function<Tensor, Tensor> function = x -> Tensors.conv(x, random("k", 3, 3, 3, 4),
                Windows.of(new int[] {2, 2}, new int[2], new int[2], new int[] {1, 1}), 1);
        Onnx.write(file, function, random("image", 1, 9, 8, 3), OpenAxis.of("height", 1));
        assertEquals("FLOAT(1, ?, 3, 4)", Onnx.read(file).declared("output"));
        for (int height : new int[] {4, 9, 16}) {
            TensorMap inputs = TensorMap.of("input", random("image" + height, 1, height, 8, 3));
            Tensor elsewhere = Runtime.run(Files.readAllBytes(file), inputs).get("output");
            assertTrue(Runtime.difference(function.apply(inputs.get("input")), elsewhere) < 1e-6, "height " + height);
        }
    }

    /** The file declares any batch, but the graph reshapes to one. */
    @Test
    void aNetworkOfOneBatchIsFoundOut() {
        OnnxModel model = new Graphs().input("x", 1, 0, 4).output("y").longs("shape", 8, 2)
                .node("Reshape", java.util.List.of("x", "shape"), java.util.List.of("y")).read();
        var e = assertThrows(FormatException.class,
                () -> Onnx.write(folder.resolve("m.onnx"), model, TensorMap.of("x", random("x", 4, 4)), model.openAxes()));
        assertTrue(e.getMessage().contains("for [3]") && e.getMessage().contains("one batch"), e.getMessage());
    }

    /** Statistics that were folded are not weights when the file is read again. */
    @Test
    void numbersOfTheProgramDoNotBecomeParameters() throws Exception {
        OnnxModel model = new Graphs().input("x", 1, 2, 3).output("y").floats("scale", new float[] {1, 2, 3}, 3)
                .floats("shift", new float[] {0, 1, 2}, 3).floats("mean", new float[] {5, 6, 7}, 3)
                .floats("variance", new float[] {1, 4, 9}, 3)
                .node("BatchNormalization", java.util.List.of("x", "scale", "shift", "mean", "variance"), java.util.List.of("y")).read();
        TensorMap inputs = TensorMap.of("x", random("x", 2, 3));
        Path file = folder.resolve("again.onnx");
        Onnx.write(file, model.with(TensorMap.of("shift", Tensor.of(4, 5, 6))), inputs);
        OnnxModel again = Onnx.read(file);
        assertEquals(java.util.List.of("scale", "shift"), again.parameters().paths());
        Tensor expected = model.apply(inputs).get("y").add(4);
        assertTrue(Runtime.difference(expected, Runtime.run(Files.readAllBytes(file), inputs).get("y")) < 1e-6);
        assertThrows(NameException.class, () -> model.with(TensorMap.of("shiftt", Tensor.of(4, 5, 6))));
        assertThrows(dev.gamelan.shape.ShapeException.class, () -> model.with(TensorMap.of("shift", Tensor.of(4, 5))));
    }

    /** What comes in or is learned may go out under its own name, and be listed twice. */
    @Test
    void outputsThatAreInputsLeaveAgain() throws Exception {
        OnnxModel model = new Graphs().input("x", 1, 2, 3).output("y").output("x").output("w").output("y")
                .floats("w", new float[] {1, 2, 3, 4, 5, 6}, 3, 2).node("MatMul", java.util.List.of("x", "w"), java.util.List.of("y"))
                .read();
        TensorMap inputs = TensorMap.of("x", random("x", 2, 3));
        for (OpenAxis[] open : new OpenAxis[][] {{}, {OpenAxis.of("batch", 0)}}) {
            Onnx.write(folder.resolve("through.onnx"), model, inputs, open);
            OnnxModel again = Onnx.read(folder.resolve("through.onnx"));
            assertEquals(java.util.List.of("y", "x", "w", "y"), again.outputs());
            assertEquals(model.parameters().paths(), again.parameters().paths());
            Map<String, Tensor> elsewhere = Runtime.run(Files.readAllBytes(folder.resolve("through.onnx")), inputs);
            model.apply(inputs).forEach((name, value) -> {
                assertTrue(Runtime.difference(value, elsewhere.get(name)) < 1e-6, name);
                assertTrue(Runtime.difference(value, again.apply(inputs).get(name)) < 1e-6, name);
            });
        }
    }

    @Test
    void anInputAndAnotherValueOfItsNameAreRefused() {
        assertThrows(NameException.class, () -> Onnx.write(folder.resolve("m.onnx"), new Renamed(), TensorMap.of("x", Tensor.of(1, 2))));
    }

    @Test
    void aLoneTensorIsTheOnlyInput() throws IOException {
        OnnxModel model = new Graphs().input("x", 1, 2).output("y").node("Relu", java.util.List.of("x"), java.util.List.of("y")).read();
        Onnx.write(folder.resolve("lone.onnx"), model, TensorMap.of("", Tensor.of(1, 2)));
        assertEquals(java.util.List.of("x"), Onnx.read(folder.resolve("lone.onnx")).inputs());
        var e = assertThrows(NameException.class, () -> Onnx.write(folder.resolve("m.onnx"), model, TensorMap.of("z", Tensor.of(1, 2))));
        assertTrue(e.getMessage().contains("[x]") && e.getMessage().contains("[z]"), e.getMessage());
    }

    private static final class Renamed implements dev.gamelan.tensor.Parametric {

        @Override
        public TensorMap parameters() {
            return TensorMap.of();
        }

        @Override
        public java.util.List<String> inputs() {
            return java.util.List.of("x");
        }

        @Override
        public java.util.List<String> outputs() {
            return java.util.List.of("x");
        }

        @Override
        public TensorMap apply(TensorMap parameters, TensorMap inputs, java.util.List<String> wanted) {
            return TensorMap.of("x", inputs.get("x").mul(2));
        }
    }

    @Test
    void whatOnnxLacksIsSaid() throws IOException {
        assertThrows(FormatException.class,
                () -> Onnx.write(folder.resolve("m.onnx"), x -> x.add(RandomKey.of(x.cast(DType.INT32).slice(0, 0, 2))
                        .uniform(4)), Tensor.of(1, 2, 3, 4)));
    }

    /** For all extents of two axes: (B, T, 6). */
    private static Map<String, Function<Tensor, Tensor>> open() {
        Map<String, Function<Tensor, Tensor>> open = new LinkedHashMap<>();
        open.put("a mean over open axes", x -> x.mean(0, 1));
        open.put("rows of a matrix", x -> x.reshape(-1, 6).matmul(random("w", 6, 2)).reshape(x.dim(0), x.dim(1), 2));
        open.put("indices", x -> x.add(Tensor.arange(x.dim(1)).expandDims(1).cast(DType.FLOAT32)).mul(x.dim(0)));
        open.put("a mask", x -> Tensors.causalAttention(x, x, x));
        open.put("the last but one", x -> x.slice(1, x.dim(1) - 2, x.dim(1) - 1).pad(1, 0, x.dim(1)));
        open.put("backwards", x -> x.flip(1).cumsum(0));
        open.put("a loop over an open axis", x -> recurrence(x.slice(2, 0, 3).permute(1, 0, 2), x.dim(0)));
        open.put("a loop that counts", x -> Functions.scan(x, Tensor.zeros(DType.FLOAT32, Shape.of(x.dim(1))),
                (Tensor s, Tensor v) -> new Stepper.Next<>(s.mul(0.5).add(v), s.sum(0))).output());
        open.put("a table", x -> random("table", 9, 6).slice(0, 0, x.dim(1)).add(x));
        return open;
    }

    @TestFactory
    Stream<DynamicTest> runsElsewhereForAllExtents() {
        return open().entrySet().stream().map(each -> dynamicTest(each.getKey(), () -> {
            Path file = folder.resolve("open.onnx");
            Onnx.write(file, each.getValue(), Tensor.zeros(3, 5, 6), OpenAxis.of("batch", 0), OpenAxis.of("time", 1));
            assertEquals("FLOAT(batch, time, 6)", Onnx.read(file).declared("input"));
            for (Shape shape : new Shape[] {Shape.of(3, 5, 6), Shape.of(1, 8, 6), Shape.of(7, 2, 6)}) {
                Tensor x = KEY.at("open").normal(shape).eval();
                Tensor expected = each.getValue().apply(x).eval();
                double elsewhere = Runtime.difference(expected,
                        Runtime.run(Files.readAllBytes(file), TensorMap.of("input", x)).get("output"));
                assertTrue(elsewhere < 1e-5, shape + ", ONNX Runtime: " + elsewhere);
                double again = Runtime.difference(expected, Onnx.read(file).apply(TensorMap.of("input", x)).get("output"));
                assertTrue(again < 1e-5, shape + ", read again: " + again);
            }
        }));
    }

    /** Functions that do other things for other extents are found out. */
    @Test
    void whatIsNotTheSameForAllExtentsIsSaid() {
        Map<String, Function<Tensor, Tensor>> closed = Map.of("halves", x -> x.slice(0, 0, x.dim(0) / 2),
                "roots", x -> x.mul(Math.sqrt(x.dim(0))), "a branch", x -> x.dim(0) > 3 ? x.add(1) : x);
        closed.forEach((name, function) -> {
            String message = assertThrows(FormatException.class,
                    () -> Onnx.write(folder.resolve("m.onnx"), function, Tensor.zeros(4, 6), OpenAxis.of("batch", 0)), name).getMessage();
            assertTrue(message.contains("batch") && message.contains("fixed shapes"), message);
        });
        assertThrows(NameException.class,
                () -> Onnx.write(folder.resolve("m.onnx"), x -> x, Tensor.zeros(4, 6), OpenAxis.of("batch", 2)));
        assertThrows(NameException.class, () -> Onnx.write(folder.resolve("m.onnx"), x -> x, Tensor.zeros(4, 6),
                OpenAxis.of("batch", 0).only(java.util.List.of("other"))));
    }
}
