package dev.gamelan.tensor;

import static dev.gamelan.tensor.Near.assertInts;
import static dev.gamelan.tensor.Near.assertNear;
import static dev.gamelan.tensor.Near.assertShape;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gamelan.shape.DType;
import dev.gamelan.shape.DTypeException;
import dev.gamelan.shape.ShapeException;
import org.junit.jupiter.api.Test;

class IndexingTest {

    private final Tensor x = Tensor.arange(12).reshape(3, 4);
    private final Tensor v = Tensor.arange(10);

    @Test
    void single() {
        assertInts(x.get(1), 4, 5, 6, 7);
        assertInts(x.get(-1), 8, 9, 10, 11);
        assertEquals(6, x.get(1, 2).itemInt());
        assertEquals(11, x.get(-1, -1).itemInt());
        assertInts(x.select(1, -1), 3, 7, 11);
        ShapeException e = assertThrows(ShapeException.class, () -> x.get(3));
        assertTrue(e.getMessage().contains("index 3 of (3, 4)"), e.getMessage());
        assertThrows(ShapeException.class, () -> x.get(0, 0, 0));
        assertThrows(ShapeException.class, () -> Tensor.zeros(0).get(0));
    }

    @Test
    void slices() {
        assertInts(v.slice(0, 2, 5), 2, 3, 4);
        assertInts(v.slice(0, -3, Tensor.END), 7, 8, 9);
        assertInts(v.slice(0, 0, -8), 0, 1);
        assertInts(v.slice(0, 1, 8, 3), 1, 4, 7);
        assertInts(v.slice(0, 5, 2));
        assertInts(v.slice(0, 10, Tensor.END));
        assertInts(v.slice(0, -1, Tensor.END, -1), 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
        assertInts(v.slice(0, 7, 1, -3), 7, 4);
        assertInts(v.slice(0, 7, 0, -3), 7, 4, 1);
        assertInts(v.slice(0, Tensor.END, -4, -2), 9, 7);
        assertInts(v.slice(0, 2, 5, -1));
        assertInts(x.slice(1, 1, 3), 1, 2, 5, 6, 9, 10);
        assertThrows(ShapeException.class, () -> v.slice(0, 0, 11));
        assertThrows(ShapeException.class, () -> v.slice(0, -11, 3));
        assertThrows(ShapeException.class, () -> v.slice(0, 0, 1, 0));
    }

    @Test
    void slicesFromAComputedStart() {
        assertInts(v.slice(0, Tensor.scalar(DType.INT32, 3), 2), 3, 4);
        assertInts(v.slice(0, Tensor.ofLongs(9), 2), 8, 9);
        assertInts(v.slice(0, Tensor.scalar(DType.INT32, -5), 2), 0, 1);
        assertThrows(ShapeException.class, () -> v.slice(0, Tensor.scalar(DType.INT32, 0), 11));
        assertThrows(ShapeException.class, () -> v.slice(0, Tensor.ofInts(1, 2), 1));
        assertThrows(DTypeException.class, () -> v.slice(0, Tensor.scalar(1), 1));
    }

    @Test
    void replacedSlices() {
        Tensor values = Tensor.ofInts(-1, -2);
        assertInts(v.withSlice(0, 3, values).slice(0, 2, 6), 2, -1, -2, 5);
        assertInts(v.withSlice(0, -2, values).slice(0, 7, 10), 7, -1, -2);
        assertInts(v.withSlice(0, Tensor.scalar(DType.INT32, 3), values).slice(0, 2, 6), 2, -1, -2, 5);
        assertInts(v.withSlice(0, Tensor.scalar(DType.INT32, 99), values).slice(0, 7, 10), 7, -1, -2);
        assertInts(x.withSlice(1, Tensor.scalar(DType.INT32, 1), x.slice(1, 0, 2).neg()).get(1), 4, -4, -5, 7);
        assertInts(v.withSlice(0, Tensor.scalar(DType.INT32, 1), v.slice(0, 0, 0)), v.toIntArray());
        assertThrows(ShapeException.class, () -> v.withSlice(0, 9, values));
        assertThrows(ShapeException.class, () -> x.withSlice(0, 0, Tensor.ofInts(1).reshape(1, 1)));
    }

    @Test
    void taking() {
        assertInts(x.take(0, Tensor.ofInts(2, 0, 2)), 8, 9, 10, 11, 0, 1, 2, 3, 8, 9, 10, 11);
        assertShape(x.take(1, Tensor.ofInts(0, 1, 2, 3, 0, 1).reshape(2, 3)), 3, 2, 3);
        assertInts(x.take(-1, Tensor.scalar(DType.INT64, 1)), 1, 5, 9);
        assertInts(x.take(0, Tensor.ofInts(1).cast(DType.UINT8)), 4, 5, 6, 7);
        assertThrows(DTypeException.class, () -> x.take(0, Tensor.of(1)));
        assertThrows(RuntimeException.class, () -> x.take(0, Tensor.ofInts(3)).eval());
    }

    @Test
    void takingAlong() {
        Tensor index = Tensor.ofInts(3, 0, 1).reshape(3, 1);
        assertInts(x.takeAlong(1, index), 3, 4, 9);
        assertInts(x.takeAlong(0, Tensor.ofInts(2, 1, 0, 1).reshape(1, 4)), 8, 5, 2, 7);
        assertThrows(RuntimeException.class, () -> x.takeAlong(1, Tensor.ofInts(0, 4, 0).reshape(3, 1)).eval());
        assertThrows(RuntimeException.class, () -> x.takeAlong(1, Tensor.ofInts(0, -1, 0).reshape(3, 1)).eval());
        assertThrows(ShapeException.class, () -> x.takeAlong(1, Tensor.ofInts(0, 1)));
    }

    @Test
    void scattering() {
        Tensor sums = Tensor.zeros(3, 2).scatterAdd(0, Tensor.ofInts(1, 1, 0),
                Tensor.of(1, 2, 3, 4, 5, 6).reshape(3, 2));
        assertNear(sums, 5, 6, 4, 6, 0, 0);
        assertThrows(ShapeException.class, () -> Tensor.zeros(3).scatterAdd(0, Tensor.ofInts(0), Tensor.of(1, 2)));
    }

    @Test
    void placesOfTrueElements() {
        Tensor places = x.greater(8).nonzero();
        assertInts(places, 2, 1, 2, 2, 2, 3);
        assertShape(places, 3, 2);
        assertShape(x.less(0).nonzero(), 0, 2);
        assertThrows(DTypeException.class, () -> x.nonzero());
    }

    @Test
    void oneHot() {
        assertNear(Tensor.ofInts(2, 0, 5).oneHot(3), 0, 0, 1, 1, 0, 0, 0, 0, 0);
        assertShape(Tensor.zeros(DType.INT64, dev.gamelan.shape.Shape.of(2, 3)).oneHot(4), 2, 3, 4);
    }
}
