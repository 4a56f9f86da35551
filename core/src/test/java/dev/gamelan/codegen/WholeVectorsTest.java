package dev.gamelan.codegen;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.gamelan.codegen.reference.Reference;
import dev.gamelan.ir.Data;
import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Ops;
import dev.gamelan.ir.Type;
import dev.gamelan.runtime.Pool;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Rows that end with a vector have code without tails, which must not be taken for others. */
class WholeVectorsTest {
    private static final int ROWS = 5;

    private static Node perRow(Node x) {
        return Ops.reshape(x, Shape.of(ROWS, 1));
    }

    private static Node normalized(Node x) {
        Node centered = Ops.sub(x, perRow(Ops.reduce(Op.ReduceKind.MAX, x, 1)));
        Node e = Ops.unary(Op.UnaryKind.EXP, centered);
        return Ops.div(e, perRow(Ops.sum(e, 1)));
    }

    private static Graph graph(int columns) {
        Node x = Ops.input(new Type(DType.FLOAT32, Shape.of(ROWS, columns)), "x");
        return Graph.of(List.of(x), List.of(Ops.add(normalized(x), perRow(Ops.sum(Ops.mul(x, x), 1)))));
    }

    private static Data random(int columns) {
        Random random = new Random(columns);
        float[] values = new float[ROWS * columns];
        for (int i = 0; i < values.length; i++) {
            values[i] = random.nextFloat() - 0.5f;
        }
        return new Data(new Type(DType.FLOAT32, Shape.of(ROWS, columns)), values);
    }

    @Test
    void rowsOfAnyLengthInTurn() {
        int bits = VectorSupport.preferredBits();
        for (int columns : new int[] {64, 63, 16, 65, 80, 17, 8, 4, 112, 1, 4160, 4161}) {
            Graph graph = graph(columns);
            List<Data> inputs = List.of(random(columns));
            float[] expected = (float[]) new Reference().compile(graph).run(inputs).getFirst().array();
            float[] blocks = (float[]) new JvmBackend(Pool.alone(), bits, true).compile(graph).run(inputs).getFirst().array();
            var executable = new JvmBackend(Pool.alone(), bits, false).compile(graph);
            Kernels.assumeCompiled();
            float[] kernels = (float[]) executable.run(inputs).getFirst().array();
            Kernels.forget();
            assertArrayEquals(kernels, blocks, "blocks and kernels, rows of " + columns);
            for (int i = 0; i < expected.length; i++) {
                assertEquals(expected[i], kernels[i], 1e-5 * Math.max(1, Math.abs(expected[i])), "rows of " + columns);
            }
        }
    }
}
