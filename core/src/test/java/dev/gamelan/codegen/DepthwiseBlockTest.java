package dev.gamelan.codegen;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gamelan.codegen.reference.Reference;
import dev.gamelan.ir.Data;
import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Ops;
import dev.gamelan.ir.Scalars;
import dev.gamelan.ir.Type;
import dev.gamelan.ir.Window;
import dev.gamelan.runtime.Pool;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Depthwise convolutions with a 1 x 1 convolution, bias, residual and ReLU after them, against the reference. */
class DepthwiseBlockTest {

    @ParameterizedTest
    @CsvSource({"1, 64, 48, 24, 24, 3, 1, false", "1, 40, 40, 24, 24, 3, 1, true", "2, 33, 17, 48, 20, 3, 2, true",
            "1, 9, 5, 96, 40, 5, 1, true", "3, 4, 4, 17, 64, 3, 1, false", "1, 56, 56, 144, 24, 3, 1, true",
            "2, 13, 1, 20, 17, 3, 1, true"})
    void agreesWithTheReference(int batch, int height, int width, int channels, int filters, int kernel, int stride, boolean activates) {
        Node x = input("x", batch, height, width, channels);
        Node w = input("w", kernel, kernel, 1, channels);
        Node v = input("v", 1, 1, channels, filters);
        Node b = input("b", filters);
        Node scaled = Ops.mul(x, 0.5);
        Node depthwise = conv(scaled, w, kernel / 2, stride, channels);
        Node between = activates ? Ops.unary(Op.UnaryKind.RELU, depthwise) : depthwise;
        Node sum = Ops.add(conv(between, v, 0, 1, 1), Ops.broadcast(b, between.shape().slice(0, 3).concat(Shape.of(filters))));
        Node y = Ops.unary(Op.UnaryKind.RELU, sum.shape().equals(x.shape()) ? Ops.add(sum, scaled) : sum);
        Graph graph = Graph.of(List.of(x, w, v, b), List.of(Ops.mul(y, 2)));

        List<Data> values = values(graph);
        Data expected = new Reference().compile(graph).run(values).getFirst();
        for (int bits : new int[] {VectorSupport.preferredBits(), 0}) {
            Data first = run(graph, values, 1, bits);
            for (int i = 0; i < expected.length(); i++) {
                double want = expected.getDouble(i);
                assertTrue(Math.abs(first.getDouble(i) - want) <= 1e-4 * Math.max(1, Math.abs(want)), "at " + i);
            }
            for (int threads = 2; threads <= 3; threads++) {
                assertArrayEquals((float[]) first.array(), (float[]) run(graph, values, threads, bits).array());
            }
        }
    }

    private static Data run(Graph graph, List<Data> values, int threads, int bits) {
        try (Pool pool = new Pool(threads)) {
            var executable = new JvmBackend(pool, bits).compile(graph);
            executable.run(values);
            Kernels.assumeCompiled();
            return executable.run(values).getFirst();
        }
    }

    private static Node conv(Node x, Node w, int pad, int stride, int groups) {
        Window window = new Window(List.of(stride, stride), List.of(pad, pad), List.of(pad, pad), List.of(1, 1));
        return Node.of(new Op.Conv(window, groups), x, w);
    }

    private static Node input(String name, int... dims) {
        return Ops.input(new Type(DType.FLOAT32, Shape.of(dims)), name);
    }

    private static List<Data> values(Graph graph) {
        Random random = new Random(2);
        List<Data> result = new ArrayList<>();
        for (Node input : graph.inputs()) {
            Object array = input.dtype().newArray(input.shape().length());
            for (int i = 0; i < input.shape().length(); i++) {
                Scalars.setDouble(DType.FLOAT32, array, i, random.nextDouble() - 0.4);
            }
            result.add(new Data(input.type(), array));
        }
        return result;
    }
}
