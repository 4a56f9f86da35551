package dev.gamelan.tensor;

import static dev.gamelan.tensor.Near.assertNear;
import static dev.gamelan.tensor.Near.assertShape;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.gamelan.ir.Window;
import dev.gamelan.shape.Shape;
import dev.gamelan.shape.ShapeException;
import org.junit.jupiter.api.Test;

class WindowsTest {

    @Test
    void convolution() {
        Tensor x = Tensor.of(1, 2, 3, 4, 5).reshape(1, 5, 1);
        Tensor w = Tensor.of(1, 0, -1).reshape(3, 1, 1);
        assertNear(Tensors.conv(x, w), -2, -2, -2);
        assertNear(Tensors.conv(x, w, new int[] {2}, new int[] {1}, new int[] {1}, 1), -2, -2, 4);
        assertNear(Tensors.conv(x, w, new int[] {1}, new int[] {0}, new int[] {2}, 1), -4);
        assertShape(Tensors.conv(Tensor.zeros(2, 8, 9, 3), Tensor.zeros(3, 3, 3, 5)), 2, 6, 7, 5);
        assertShape(Tensors.conv(Tensor.zeros(2, 4, 4, 4, 1), Tensor.zeros(2, 2, 2, 1, 5)), 2, 3, 3, 3, 5);
        assertThrows(ShapeException.class, () -> Tensors.conv(x, Tensor.zeros(3, 2, 1)));
    }

    @Test
    void samePadding() {
        Window same = Windows.same(Shape.of(7, 8), Shape.of(3, 4), new int[] {2, 2}, new int[] {1, 1});
        assertEquals(Shape.of(4, 4), same.output(Shape.of(7, 8), Shape.of(3, 4)));
        Window wide = Windows.same(Shape.of(5), Shape.of(1), new int[] {3}, new int[] {1});
        assertEquals(Shape.of(2), wide.output(Shape.of(5), Shape.of(1)));
    }

    /** Transposed convolution is the gradient of convolution: both pair with each other. */
    @Test
    void transposeIsTheAdjoint() {
        for (int groups : new int[] {1, 2}) {
            Window window = Windows.of(new int[] {2, 1}, new int[] {1, 0}, new int[] {0, 1}, new int[] {1, 2});
            int in = 4;
            int out = 6;
            Tensor w = RandomKey.of(1).normal(3, 2, in / groups, out);
            Tensor x = RandomKey.of(2).normal(2, 3, 4, in);
            Tensor y = Tensors.convTranspose(x, w, window, groups);
            assertShape(y, 2, 6, 5, out);
            double[] expected = transposedByHand(x, w, window, groups, y.shape());
            assertNear(y, expected, 1e-4);
        }
    }

    private static double[] transposedByHand(Tensor x, Tensor w, Window window, int groups, Shape result) {
        double[] xs = x.toDoubleArray();
        double[] ws = w.toDoubleArray();
        double[] ys = new double[result.length()];
        int in = x.dim(-1);
        int out = w.dim(-1);
        int[] xi = x.shape().strides();
        int[] yi = result.strides();
        int[] wi = w.shape().strides();
        for (int b = 0; b < x.dim(0); b++) {
            for (int i = 0; i < x.dim(1); i++) {
                for (int j = 0; j < x.dim(2); j++) {
                    for (int p = 0; p < w.dim(0); p++) {
                        for (int q = 0; q < w.dim(1); q++) {
                            int row = i * window.stride().get(0)
                                    + p * window.dilation().get(0) - window.padLow().get(0);
                            int column = j * window.stride().get(1)
                                    + q * window.dilation().get(1) - window.padLow().get(1);
                            if (row < 0 || row >= result.dim(1) || column < 0 || column >= result.dim(2)) {
                                continue;
                            }
                            for (int c = 0; c < in; c++) {
                                for (int o = 0; o < out; o++) {
                                    if (c / (in / groups) == o / (out / groups)) {
                                        ys[b * yi[0] + row * yi[1] + column * yi[2] + o] += xs[b * xi[0] + i * xi[1]
                                                + j * xi[2] + c]
                                                * ws[p * wi[0] + q * wi[1] + c % (in / groups) * wi[2] + o];
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
        return ys;
    }

    @Test
    void outputPadding() {
        Window window = Windows.of(new int[] {2}, new int[] {1}, new int[] {1}, new int[] {1});
        Tensor x = Tensor.ones(1, 4, 2);
        assertShape(Tensors.convTranspose(x, Tensor.ones(3, 2, 5), window, 1), 1, 7, 5);
        assertShape(Tensors.convTranspose(x, Tensor.ones(3, 2, 5), window, 1, 1), 1, 8, 5);
        assertThrows(ShapeException.class, () -> Tensors.convTranspose(x, Tensor.ones(3, 3, 5), window, 1));
        assertThrows(ShapeException.class, () -> Tensors.convTranspose(x, Tensor.ones(3, 2, 5), window, 1, 1, 1));
    }

    @Test
    void pooling() {
        Tensor x = Tensor.arange(16).cast(dev.gamelan.shape.DType.FLOAT32).reshape(1, 4, 4, 1);
        assertNear(Tensors.maxPool(x, 2, 2), 5, 7, 13, 15);
        assertNear(Tensors.avgPool(x, 2, 2), 2.5, 4.5, 10.5, 12.5);
        Tensor row = Tensor.of(1, 2, 3).reshape(1, 3, 1);
        Window padded = Windows.of(new int[] {1}, new int[] {1}, new int[] {1}, new int[] {1});
        assertNear(Tensors.avgPool(row, Shape.of(3), padded, true), 1, 2, 5 / 3.0);
        assertNear(Tensors.avgPool(row, Shape.of(3), padded, false), 1.5, 2, 2.5);
        assertNear(Tensors.maxPool(row.neg(), Shape.of(3), padded), -1, -1, -2);
    }
}
