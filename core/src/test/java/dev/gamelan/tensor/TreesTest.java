package dev.gamelan.tensor;

import static dev.gamelan.tensor.Near.assertNear;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gamelan.shape.ShapeException;
import dev.gamelan.shape.TraceException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class TreesTest {

    private enum Mode implements Tree { TRAIN }

    private record Inner(Tensor weight, @Nullable Tensor bias) implements Tree {}

    private record Outer(List<Inner> layers, TensorMap extras, RandomKey key, int heads, String name,
            Mode mode) implements Tree {}

    private static final class NoRecord implements Tree {}

    private record Wrong(NoRecord part) implements Tree {}

    private record Picky(Tensor x) implements Tree {
        Picky {
            if (x.rank() != 1) {
                throw new IllegalArgumentException("rank " + x.rank());
            }
        }
    }

    private static Outer outer(int heads) {
        return new Outer(List.of(new Inner(Tensor.of(1), Tensor.of(2)), new Inner(Tensor.of(3), null)),
                TensorMap.of("b.c", Tensor.of(5)).with("a", Tensor.of(4)), RandomKey.of(6), heads, "x", Mode.TRAIN);
    }

    @Test
    void leavesAndPaths() {
        Outer tree = outer(2);
        assertEquals(List.of("layers.0.weight", "layers.0.bias", "layers.1.weight", "extras.a", "extras.b.c", "key"),
                Trees.paths(tree));
        assertEquals(6, Trees.leaves(tree).size());
        assertEquals(7, Trees.size(tree));
        assertEquals(List.of(""), Trees.paths(Tensor.of(1)));
    }

    @Test
    void mapKeepsConstants() {
        Outer mapped = Trees.map(outer(2), x -> x.add(1));
        assertNear(mapped.layers().get(1).weight(), 4);
        assertNear(mapped.extras().get("b.c"), 6);
        assertEquals(2, mapped.heads());
        assertSame(Mode.TRAIN, mapped.mode());
        assertEquals(null, mapped.layers().get(1).bias());
    }

    @Test
    void zip() {
        Outer sum = Trees.zip(outer(2), outer(2), Tensor::add);
        assertNear(sum.extras().get("a"), 8);
        TraceException e = assertThrows(TraceException.class, () -> Trees.zip(outer(2), outer(3), Tensor::add));
        assertTrue(e.getMessage().contains("heads=3"), e.getMessage());
    }

    @Test
    void maps() {
        Outer tree = outer(1);
        TensorMap map = Trees.toMap(tree);
        assertEquals(List.of("extras.a", "extras.b.c", "key", "layers.0.bias", "layers.0.weight", "layers.1.weight"),
                map.paths());
        Outer back = Trees.fromMap(tree, map.map(x -> x.mul(2)));
        assertNear(back.layers().get(0).bias(), 4);
    }

    @Test
    void leavesMustBeAsMany() {
        ShapeException e = assertThrows(ShapeException.class, () -> Trees.withLeaves(outer(1), List.of(Tensor.of(1))));
        assertTrue(e.getMessage().contains("6 tensors"), e.getMessage());
        assertThrows(ShapeException.class, () -> Trees.withLeaves(Tensor.of(1), List.of(Tensor.of(1), Tensor.of(2))));
    }

    @Test
    void whatIsNoTree() {
        TraceException e = assertThrows(TraceException.class, () -> Trees.leaves(new Wrong(new NoRecord())));
        assertTrue(e.getMessage().contains("NoRecord"), e.getMessage());
    }

    @Test
    void tensorsDoNotHide() {
        record Loose(Tensor x) {}
        record Holder(Object part) implements Tree {}
        Tensor x = Tensor.of(1);
        for (Object part : List.of(Map.of("a", x), Optional.of(x), Set.of(x), new Tensor[] {x}, new Loose(x))) {
            assertThrows(TraceException.class, () -> Trees.leaves(new Holder(part)));
        }
        assertEquals(List.of(), Trees.leaves(new Holder(Map.of("a", 1))));
        assertEquals(List.of("part.0", "part.1"), Trees.paths(new Holder(List.of(x, x, 3))));
    }

    @Test
    void aRecordsOwnChecksSpeak() {
        IllegalArgumentException e = assertThrows(IllegalArgumentException.class,
                () -> Trees.map(new Picky(Tensor.of(1)), x -> x.reshape(1, 1)));
        assertEquals("rank 2", e.getMessage());
    }

    @Test
    void localRecords() {
        record Line(Tensor slope, Tensor bias) implements Tree {}
        Line line = Trees.map(new Line(Tensor.scalar(1), Tensor.scalar(2)), Tensor::neg);
        assertEquals("Line[slope=-1., bias=-2.]", line.toString());
    }
}
