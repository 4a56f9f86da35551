package dev.gamelan.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.gamelan.shape.Shape;
import dev.gamelan.shape.ShapeException;
import dev.gamelan.tensor.Tensor;
import org.junit.jupiter.api.Test;

class PaddedTest {

    private final Padded batch = Padded.of(Tensor.of(1, 2, 3).reshape(3, 1), Tensor.zeros(0, 1), Tensor.of(5).reshape(1, 1));

    @Test
    void fillsUpToTheLongest() {
        assertEquals(Shape.of(3, 3, 1), batch.values().shape());
        assertArrayEquals(new int[] {3, 0, 1}, batch.lengths().toIntArray());
        assertArrayEquals(new float[] {1, 2, 3, 0, 0, 0, 5, 0, 0}, batch.values().toFloatArray());
        assertArrayEquals(new boolean[] {true, true, true, false, false, false, true, false, false}, batch.mask().toBooleanArray());
    }

    @Test
    void poolsWhatIsThere() {
        Padded dirty = batch.map(values -> values.add(1));
        assertArrayEquals(new float[] {4, 0, 6}, dirty.last().toFloatArray());
        assertArrayEquals(new float[] {3, 0, 6}, dirty.mean().toFloatArray());
        assertArrayEquals(new float[] {2, 3, 4, 0, 0, 0, 6, 0, 0}, dirty.zeroed().values().toFloatArray());
    }

    @Test
    void lengthsFitTheBatch() {
        assertThrows(ShapeException.class, () -> new Padded(Tensor.zeros(2, 3), Tensor.ofInts(1, 2, 3)).mask());
    }
}
