package dev.gamelan.tensor;

import static dev.gamelan.tensor.Near.assertInts;
import static dev.gamelan.tensor.Near.assertNear;
import static dev.gamelan.tensor.Near.assertShape;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gamelan.shape.ShapeException;
import java.util.List;
import org.junit.jupiter.api.Test;

class LayoutsTest {

    private final Tensor x = Tensor.arange(6).reshape(2, 3);

    @Test
    void reshape() {
        assertShape(x.reshape(3, -1), 3, 2);
        assertShape(x.reshape(-1), 6);
        assertShape(Tensor.scalar(1).reshape(-1), 1);
        assertShape(Tensor.zeros(0, 3).reshape(-1, 3), 0, 3);
        assertThrows(ShapeException.class, () -> x.reshape(4, -1));
        assertThrows(ShapeException.class, () -> x.reshape(-1, -1));
        assertThrows(ShapeException.class, () -> Tensor.zeros(0, 3).reshape(0, -1));
        ShapeException e = assertThrows(ShapeException.class, () -> x.reshape(5));
        assertTrue(e.getMessage().contains("(2, 3) to (5,)"), e.getMessage());
    }

    @Test
    void orderOfAxes() {
        assertInts(x.transpose(), 0, 3, 1, 4, 2, 5);
        assertInts(x.permute(-1, 0), 0, 3, 1, 4, 2, 5);
        assertShape(Tensor.zeros(2, 3, 4).moveAxis(0, -1), 3, 4, 2);
        assertShape(Tensor.zeros(2, 3, 4).moveAxis(-1, 0), 4, 2, 3);
        assertShape(Tensor.zeros(2, 3, 4).swapAxes(0, 2), 4, 3, 2);
        assertThrows(ShapeException.class, () -> Tensor.zeros(3).transpose());
        assertThrows(ShapeException.class, () -> x.permute(0, 0));
    }

    @Test
    void axesOfExtentOne() {
        assertShape(x.expandDims(0), 1, 2, 3);
        assertShape(x.expandDims(-1), 2, 3, 1);
        assertShape(Tensor.zeros(1, 2, 1).squeeze(), 2);
        assertShape(Tensor.zeros(1, 2, 1).squeeze(-1), 1, 2);
        assertShape(Tensor.zeros(1, 2, 1).squeeze(0, 2), 2);
        assertThrows(ShapeException.class, () -> x.squeeze(0));
        assertShape(Tensor.zeros(2, 3, 4).flatten(1), 2, 12);
        assertShape(Tensor.zeros(2, 3, 4).flatten(), 24);
        assertShape(Tensor.scalar(1).flatten(0), 1);
    }

    @Test
    void movingElements() {
        assertInts(x.flip(1), 2, 1, 0, 5, 4, 3);
        assertInts(x.flip(0, 1), 5, 4, 3, 2, 1, 0);
        assertInts(x.roll(1, 1), 2, 0, 1, 5, 3, 4);
        assertInts(x.roll(1, -4), 1, 2, 0, 4, 5, 3);
        assertInts(x.tile(2), 0, 1, 2, 0, 1, 2, 3, 4, 5, 3, 4, 5);
        assertShape(x.tile(2, 1, 3), 2, 2, 9);
        assertInts(Tensor.ofInts(1, 2).tile(2, 2), 1, 2, 1, 2, 1, 2, 1, 2);
        assertInts(x.repeat(1, 2), 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5);
        assertInts(x.repeat(0, 2), 0, 1, 2, 0, 1, 2, 3, 4, 5, 3, 4, 5);
        assertInts(x.broadcastTo(2, 2, 3).get(1), 0, 1, 2, 3, 4, 5);
        assertInts(x.pad(1, 1, 0, 7), 7, 0, 1, 2, 7, 3, 4, 5);
        assertNear(Tensor.of(1).pad(0, 1, 2), 0, 1, 0, 0);
        assertThrows(ShapeException.class, () -> x.pad(0, -1, 0));
    }

    @Test
    void partsAndWholes() {
        List<Tensor> parts = x.split(1, 3);
        assertInts(parts.get(2), 2, 5);
        assertInts(Tensors.concat(1, parts), 0, 1, 2, 3, 4, 5);
        assertInts(x.split(1, new int[] {1, 2}).get(1), 1, 2, 4, 5);
        assertThrows(ShapeException.class, () -> x.split(1, 2));
        assertThrows(ShapeException.class, () -> x.split(1, new int[] {1, 1}));
        List<Tensor> rows = x.unstack(0);
        assertEquals(2, rows.size());
        assertInts(Tensors.stack(-1, rows), 0, 3, 1, 4, 2, 5);
        assertShape(Tensors.stack(0, Tensor.scalar(1), Tensor.scalar(2)), 2);
        assertThrows(ShapeException.class, () -> Tensors.stack(0, x, x.transpose()));
        assertThrows(ShapeException.class, () -> Tensors.concat(0, List.of()));
        assertThrows(ShapeException.class, () -> Tensors.concat(0, x, x.transpose()));
    }

    @Test
    void grids() {
        List<Tensor> grids = Tensors.meshgrid(Tensor.ofInts(1, 2), Tensor.ofInts(7, 8, 9));
        assertInts(grids.get(0), 1, 1, 1, 2, 2, 2);
        assertInts(grids.get(1), 7, 8, 9, 7, 8, 9);
    }
}
