package dev.gamelan.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gamelan.ir.Op;
import dev.gamelan.shape.Shape;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class AccessTest {

    private static int position(Access access, int element) {
        int rest = element;
        int position = access.offset();
        for (int axis = access.shape().rank() - 1; axis >= 0; axis--) {
            position += rest % access.shape().dim(axis) * access.stride(axis);
            rest /= access.shape().dim(axis);
        }
        return position;
    }

    @Test
    void aTransposedMatrixIsReadByColumns() {
        Access access = Access.contiguous(Shape.of(2, 3)).through(new Op.Permute(List.of(1, 0))).orElseThrow();
        assertEquals(List.of(1, 3), access.strides());
    }

    @Test
    void aTransposedMatrixHasNoFlatView() {
        Access access = Access.contiguous(Shape.of(2, 3)).through(new Op.Permute(List.of(1, 0))).orElseThrow();
        assertTrue(access.through(new Op.Reshape(Shape.of(6))).isEmpty());
    }

    /** Reshapes of slices, flips and broadcasts: where there is a view, it finds the same elements. */
    @Test
    void reshapedViewsFindTheSameElements() {
        Random random = new Random(1);
        List<Shape> targets = List.of(Shape.of(24), Shape.of(4, 6), Shape.of(2, 2, 6), Shape.of(2, 1, 12), Shape.of(8, 3),
                Shape.of(1, 24, 1));
        int views = 0;
        for (int trial = 0; trial < 200; trial++) {
            Access access = Access.contiguous(Shape.of(5, 1, 7, 3))
                    .through(new Op.Slice(List.of(random.nextInt(2), 0, random.nextInt(3), 0),
                            List.of(4 + random.nextInt(2), 1, 7, 3), List.of(1, 1, 1, 1)))
                    .orElseThrow();
            access = access.through(new Op.Slice(List.of(0, 0, 0, 0), List.of(2, 1, 4, 3), List.of(1, 1, 1, 1))).orElseThrow();
            if (random.nextBoolean()) {
                access = access.through(new Op.Flip(List.of(random.nextInt(4)))).orElseThrow();
            }
            Access source = access;
            var view = source.through(new Op.Reshape(targets.get(random.nextInt(targets.size()))));
            if (view.isPresent()) {
                views++;
                for (int i = 0; i < 24; i++) {
                    assertEquals(position(source, i), position(view.get(), i));
                }
            }
        }
        assertTrue(views > 20, "views found: " + views);
    }
}
