package dev.gamelan.tensor;

import static dev.gamelan.tensor.Near.assertInts;
import static dev.gamelan.tensor.Near.assertNear;
import static dev.gamelan.tensor.Near.assertShape;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gamelan.shape.DType;
import dev.gamelan.shape.DTypeException;
import dev.gamelan.shape.Shape;
import dev.gamelan.shape.ShapeException;
import org.junit.jupiter.api.Test;

class CreationTest {

    @Test
    void dtypesAreInTheNames() {
        assertEquals(DType.FLOAT32, Tensor.of(1, 2, 3).dtype());
        assertEquals(DType.INT32, Tensor.ofInts(1, 2).dtype());
        assertEquals(DType.INT64, Tensor.ofLongs(1, 2).dtype());
        assertEquals(DType.FLOAT64, Tensor.ofDoubles(1, 2).dtype());
        assertEquals(DType.BOOL, Tensor.ofBooleans(true).dtype());
        assertEquals(DType.INT8, Tensor.zeros(DType.INT8, Shape.of(2)).dtype());
    }

    @Test
    void arraysAreCopied() {
        float[] values = {1, 2, 3, 4, 5, 6};
        Tensor x = Tensor.of(values, 2, 3);
        values[0] = 9;
        assertNear(x, 1, 2, 3, 4, 5, 6);
        x.toFloatArray()[0] = 9;
        assertNear(x, 1, 2, 3, 4, 5, 6);
        assertShape(Tensor.of(values), 6);
        assertShape(Tensor.of(new float[0]), 0);
    }

    @Test
    void rows() {
        Tensor x = Tensor.of(new float[][] {{1, 2}, {3, 4}, {5, 6}});
        assertShape(x, 3, 2);
        assertNear(x, 1, 2, 3, 4, 5, 6);
        assertInts(Tensor.ofInts(new int[][] {{1}, {2}}), 1, 2);
        assertShape(Tensor.ofDoubles(new double[0][]), 0, 0);
        ShapeException e = assertThrows(ShapeException.class, () -> Tensor.of(new float[][] {{1, 2}, {3}}));
        assertTrue(e.getMessage().contains("row 1"), e.getMessage());
    }

    @Test
    void ranges() {
        assertInts(Tensor.arange(4), 0, 1, 2, 3);
        assertInts(Tensor.arange(2, 5), 2, 3, 4);
        assertInts(Tensor.arange(5, 0, -2), 5, 3, 1);
        assertInts(Tensor.arange(0, 5, 2), 0, 2, 4);
        assertInts(Tensor.arange(3, 3));
        assertInts(Tensor.arange(3, 1));
        assertThrows(ShapeException.class, () -> Tensor.arange(0, 3, 0));
        assertNear(Tensor.linspace(-1, 1, 5), -1, -0.5, 0, 0.5, 1);
        assertNear(Tensor.linspace(2, 3, 1), 2);
        assertNear(Tensor.linspace(2, 3, 0));
        assertThrows(ShapeException.class, () -> Tensor.linspace(2, 3, -1));
    }

    @Test
    void matrices() {
        assertNear(Tensor.eye(2, 3), 1, 0, 0, 0, 1, 0);
        assertNear(Tensor.tri(3), 1, 0, 0, 1, 1, 0, 1, 1, 1);
        assertInts(Tensor.arange(1, 10).reshape(3, 3).tril(-1), 0, 0, 0, 4, 0, 0, 7, 8, 0);
        assertInts(Tensor.arange(1, 10).reshape(3, 3).triu(1), 0, 2, 3, 0, 0, 6, 0, 0, 0);
        assertInts(Tensor.arange(12).reshape(2, 2, 3).diagonal(), 0, 4, 6, 10);
    }

    @Test
    void fillsAreScalarsOfTheRightKind() {
        assertNear(Tensor.full(Shape.of(2), 0.5), 0.5, 0.5);
        assertInts(Tensor.full(DType.INT32, Shape.of(2), 7), 7, 7);
        assertArrayEquals(new boolean[] {true}, Tensor.ones(DType.BOOL, Shape.of(1)).toBooleanArray());
        assertThrows(DTypeException.class, () -> Tensor.full(DType.INT32, Shape.of(2), 0.5));
        assertThrows(DTypeException.class, () -> Tensor.full(DType.UINT8, Shape.of(2), 256));
        assertThrows(DTypeException.class, () -> Tensor.full(DType.BOOL, Shape.of(2), 2));
        assertEquals(0.1f, (float) Tensor.scalar(0.1).item());
        assertEquals(200, Tensor.scalar(DType.UINT8, 200).itemInt());
        assertEquals(1.5, Tensor.scalar(DType.BFLOAT16, 1.5).item());
        assertNear(Tensor.of(1, 2).onesLike(), 1, 1);
        assertNear(Tensor.of(1, 2).zerosLike(), 0, 0);
    }

    @Test
    void arraysComeOutAsTheRightType() {
        assertArrayEquals(new long[] {1, 2}, Tensor.ofInts(1, 2).toLongArray());
        assertArrayEquals(new int[] {1, 2}, Tensor.ofLongs(1, 2).toIntArray());
        assertArrayEquals(new double[] {0, 1}, Tensor.ofBooleans(false, true).toDoubleArray());
        assertArrayEquals(new float[] {1.5f}, Tensor.of(1.5).cast(DType.FLOAT16).toFloatArray());
        assertThrows(ArithmeticException.class, () -> Tensor.ofLongs(1L << 40).toIntArray());
        assertThrows(DTypeException.class, () -> Tensor.of(1, 2).toIntArray());
        assertThrows(DTypeException.class, () -> Tensor.ofInts(1, 2).toFloatArray());
        assertThrows(DTypeException.class, () -> Tensor.of(1).itemBoolean());
        assertThrows(ShapeException.class, () -> Tensor.of(1, 2).item());
    }
}
