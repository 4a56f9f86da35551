package dev.gamelan.ir;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import java.util.List;
import org.junit.jupiter.api.Test;

class FlopsTest {

    private static Node input(int... dims) {
        return Ops.input(new Type(DType.FLOAT32, Shape.of(dims)), "x");
    }

    private static long flops(Node output) {
        return Flops.of(Graph.of(List.of(), List.of(output)));
    }

    @Test
    void aMultiplyAddIsTwo() {
        assertEquals(2 * 5 * 3 * 7, flops(Ops.matmul(input(5, 3), input(3, 7))));
        assertEquals(2 * 2 * 5 * 3 * 7, flops(Ops.matmul(input(2, 5, 3), input(2, 3, 7))));
    }

    @Test
    void aConvolutionIsTheProductsOfEachOutput() {
        Window window = new Window(List.of(1, 1), List.of(1, 1), List.of(1, 1), List.of(1, 1));
        Node x = input(2, 8, 8, 4);
        Node w = input(3, 3, 4, 6);
        long expected = 2L * 2 * 8 * 8 * 6 * 3 * 3 * 4;
        assertEquals(expected, flops(Node.of(new Op.Conv(window, 1), List.of(x, w), Origin.UNKNOWN)));
        Node gy = input(2, 8, 8, 6);
        assertEquals(expected, flops(Node.of(new Op.ConvInputGradient(window, 1, Shape.of(8, 8)), List.of(gy, w), Origin.UNKNOWN)));
        assertEquals(expected, flops(Node.of(new Op.ConvKernelGradient(window, 1, Shape.of(3, 3)), List.of(x, gy), Origin.UNKNOWN)));
    }

    @Test
    void movingIsFreeAndValuesAreCountedOnce() {
        Node x = input(4, 5);
        Node twice = Ops.add(x, x);
        assertEquals(20 + 20, flops(Ops.mul(twice, Ops.reshape(twice, Shape.of(4, 5)))));
        assertEquals(20, flops(Ops.sum(Ops.permute(x, 1, 0), 0)));
        assertEquals(0, flops(Ops.cast(Ops.compare(Op.CompareKind.LT, x, 0), DType.FLOAT32)));
    }
}
