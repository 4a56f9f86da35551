package dev.gamelan.codegen;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.gamelan.ir.Data;
import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Ops;
import dev.gamelan.ir.Type;
import dev.gamelan.runtime.Executable;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Costly maps of so many elements that their operands are read ahead: the same bits as those of parts that are too small for it. */
class ReadAheadTest {

    private static final int FEW = 8_000;

    @Test
    void oneRow() {
        check(Shape.of(300_001));
    }

    @Test
    void fewLongRows() {
        check(Shape.of(5, 70_001));
    }

    @Test
    void manyRows() {
        check(Shape.of(4_100, 67));
    }

    private static void check(Shape shape) {
        float[] x = numbers(shape.length(), 1);
        float[] y = numbers(shape.length(), 2);
        float[] row = numbers(shape.dim(-1), 3);
        float[] all = erf(shape, x, y, row);
        assertEquals(all.length, x.length);
        int width = row.length;
        for (int from = 0; from < x.length; from += FEW) {
            int count = Math.min(FEW, x.length - from);
            float[] rowOfPart = new float[count];
            for (int i = 0; i < count; i++) {
                rowOfPart[i] = row[(from + i) % width];
            }
            float[] part = erf(Shape.of(count), copy(x, from, count), copy(y, from, count), rowOfPart);
            assertArrayEquals(part, copy(all, from, count));
        }
    }

    /** erf(x y) + row */
    private static float[] erf(Shape shape, float[] x, float[] y, float[] row) {
        Node a = Ops.input(new Type(DType.FLOAT32, shape), "x");
        Node b = Ops.input(new Type(DType.FLOAT32, shape), "y");
        Node c = Ops.input(new Type(DType.FLOAT32, Shape.of(row.length)), "row");
        Node result = Ops.add(Ops.unary(Op.UnaryKind.ERF, Ops.mul(a, b)), Ops.broadcast(c, shape));
        Executable executable = new JvmBackend().compile(Graph.of(List.of(a, b, c), List.of(result)));
        Kernels.assumeCompiled();
        return (float[]) executable.run(List.of(Data.of(DType.FLOAT32, shape, x), Data.of(DType.FLOAT32, shape, y),
                Data.of(DType.FLOAT32, Shape.of(row.length), row))).getFirst().array();
    }

    private static float[] copy(float[] values, int from, int count) {
        return java.util.Arrays.copyOfRange(values, from, from + count);
    }

    private static float[] numbers(int count, int seed) {
        Random random = new Random(seed);
        float[] numbers = new float[count];
        for (int i = 0; i < count; i++) {
            numbers[i] = (float) random.nextGaussian();
        }
        return numbers;
    }
}
