package dev.gamelan.codegen;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;

import dev.gamelan.ir.Data;
import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Ops;
import dev.gamelan.ir.Type;
import dev.gamelan.runtime.Executable;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Rows that are reduced again and again in one kernel: its code computes values anew in each pass, and may get too large for HotSpot. */
class LargeKernelsTest {

    private static final Shape SHAPE = Shape.of(2, 8);
    /** Kernels run as blocks first, and their code is asked for when they come again. */
    private static final int RUNS = 30;

    @Test
    void centeredAgainAndAgain() {
        Node input = Ops.input(new Type(DType.FLOAT32, SHAPE), "x");
        Node x = input;
        for (int i = 0; i < 40; i++) {
            Node positive = Ops.unary(Op.UnaryKind.RELU, x);
            Node mean = Ops.mul(sum(positive), 1.0 / 8);
            Node centered = Ops.sub(positive, Ops.broadcast(mean, SHAPE));
            Node variance = Ops.mul(sum(Ops.mul(centered, centered)), 1.0 / 8);
            x = Ops.mul(centered, Ops.broadcast(Ops.unary(Op.UnaryKind.RSQRT, Ops.add(variance, Ops.fillLike(variance, 1e-5))), SHAPE));
        }
        Kernels.forget();
        Executable executable = new JvmBackend().compile(Graph.of(List.of(input), List.of(x)));
        Random random = new Random(1);
        float[] values = new float[16];
        for (int i = 0; i < values.length; i++) {
            values[i] = random.nextFloat() - 0.5f;
        }
        float[] first = run(executable, values);
        for (int i = 0; i < RUNS; i++) {
            assertArrayEquals(first, run(executable, values));
        }
    }

    /** Code that was not made when the program was linked is small enough when it is made later. */
    @Test
    void elementsOneByOne() {
        for (int strided = 1; strided <= 4; strided++) {
            for (int values = 0; values <= 8; values++) {
                Kernels.forget();
                List<Node> inputs = new ArrayList<>();
                Node x = null;
                for (int i = 0; i < strided; i++) {
                    Node input = Ops.input(new Type(DType.FLOAT32, Shape.of(3, 5, 40)), "x" + i);
                    inputs.add(input);
                    Node turned = Ops.permute(input, 2, 1, 0);
                    x = x == null ? turned : Ops.mul(x, turned);
                }
                for (int i = 0; i < values; i++) {
                    x = Ops.unary(i == 0 ? Op.UnaryKind.EXPM1 : Op.UnaryKind.RELU, Ops.add(x, Ops.unary(Op.UnaryKind.NEG, x)));
                }
                Executable executable = new JvmBackend().compile(Graph.of(inputs, List.of(x, Ops.reduce(Op.ReduceKind.SUM, x, 1))));
                executable.run(inputs.stream().map(input -> Data.of(DType.FLOAT32, input.shape(), new float[600])).toList());
                assertDoesNotThrow(Kernels::emitAll);
            }
        }
    }

    private static Node sum(Node x) {
        return Ops.reshape(Ops.reduce(Op.ReduceKind.SUM, x, 1), Shape.of(2, 1));
    }

    private static float[] run(Executable executable, float[] values) {
        Data result = executable.run(List.of(Data.of(DType.FLOAT32, SHAPE, values.clone()))).getFirst();
        float[] numbers = new float[result.length()];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = (float) result.getDouble(i);
        }
        return numbers;
    }
}
