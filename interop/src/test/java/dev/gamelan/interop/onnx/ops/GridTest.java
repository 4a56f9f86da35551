package dev.gamelan.interop.onnx.ops;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gamelan.ir.Op;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Tensor;
import org.junit.jupiter.api.Test;

class GridTest {

    private final Tensor image = Tensor.arange(2 * 3 * 4 * 5).cast(DType.FLOAT32).reshape(2, 3, 4, 5);

    /** What a vision transformer does with the result of its first convolution. */
    @Test
    void tokensOfAnImageAreNoViewOfPlanes() {
        Tensor planes = Grid.toFirst(image);
        assertTrue(ChannelsLast.isView(planes));
        Tensor tokens = Grid.permute(planes.reshape(2, 5, 12), 0, 2, 1);
        assertFalse(ChannelsLast.isView(tokens));
        assertTrue(tokens.node().op() instanceof Op.Reshape);
        assertArrayEquals(planes.reshape(2, 5, 12).permute(0, 2, 1).toFloatArray(), tokens.toFloatArray());
    }

    @Test
    void axesThatAReshapeTookApartMayMoveAlone() {
        Tensor planes = Grid.toFirst(image).reshape(2, 5, 2, 6);
        Tensor moved = Grid.permute(planes, 0, 2, 3, 1);
        assertTrue(moved.shape().equals(Shape.of(2, 2, 6, 5)));
        assertArrayEquals(planes.permute(0, 2, 3, 1).toFloatArray(), moved.toFloatArray());
    }
}
