package dev.gamelan.ir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import dev.gamelan.shape.ShapeException;
import java.util.List;
import org.junit.jupiter.api.Test;

class OpsTest {

    private static Node input(int... dims) {
        return Ops.input(new Type(DType.FLOAT32, Shape.of(dims)), "x");
    }

    @Test
    void broadcastsBothOperands() {
        Node sum = Ops.add(input(3, 1), input(2, 1, 4));
        assertEquals(Shape.of(2, 3, 4), sum.shape());
        assertEquals(List.of(new Op.Broadcast(Shape.of(2, 3, 4)), new Op.Broadcast(Shape.of(2, 3, 4))),
                sum.operands().stream().map(Node::op).toList());
        assertEquals(Shape.of(2, 3), Ops.select(Ops.compare(Op.CompareKind.LT, input(3), 0), input(2, 1), input()).shape());
        assertEquals(Shape.of(5, 2, 2, 4), Ops.matmul(input(2, 2, 3), input(5, 1, 3, 4)).shape());
    }

    @Test
    void leavesOutWhatChangesNothing() {
        Node x = input(2, 3);
        assertSame(x, Ops.broadcast(x, Shape.of(2, 3)));
        assertSame(x, Ops.reshape(x, Shape.of(2, 3)));
        assertSame(x, Ops.permute(x, 0, -1));
        assertSame(x, Ops.slice(x, 1, 0, 3));
        assertSame(x, Ops.flip(x));
        assertSame(x, Ops.pad(x, List.of(0, 0), List.of(0, 0), List.of(0, 0), 1));
        assertSame(x, Ops.concat(0, List.of(x)));
        assertSame(x, Ops.sum(x));
        assertSame(x, Ops.sumTo(x, Shape.of(2, 3)));
        assertSame(x, Ops.cast(x, DType.FLOAT32));
    }

    @Test
    void extentsDoNotOverflow() {
        Node empty = input(2_000_000_000, 0);
        String pad = assertThrows(ShapeException.class,
                () -> Ops.pad(empty, List.of(2_000_000_000, 0), List.of(2_000_000_000, 0), List.of(0, 0), 1)).getMessage();
        assertTrue(pad.contains("6000000000"), pad);
        assertThrows(ShapeException.class, () -> Ops.pad(empty, List.of(0, 0), List.of(0, 0), List.of(2, 0), 1));
        String concat = assertThrows(ShapeException.class, () -> Ops.concat(0, List.of(empty, empty))).getMessage();
        assertTrue(concat.contains("4000000000"), concat);
    }

    @Test
    void acceptsNegativeAxes() {
        Node x = input(2, 3, 5);
        assertEquals(Shape.of(2), Ops.sum(x, -1, -2).shape());
        assertEquals(Shape.of(5, 3, 2), Ops.swap(x, 0, -1).shape());
        assertEquals(Shape.of(2, 5, 3), Ops.transpose(x).shape());
        assertEquals(Shape.of(2, 3, 10), Ops.concat(-1, List.of(x, x)).shape());
        assertEquals(Shape.of(2, 3, 2), Ops.slice(x, -1, 1, 5, 3).shape());
    }

    @Test
    void sumsToAShapeThatBroadcasts() {
        assertEquals(Shape.of(3, 1), Ops.sumTo(input(2, 3, 4), Shape.of(3, 1)).shape());
        assertEquals(Shape.SCALAR, Ops.sumTo(input(2, 3), Shape.SCALAR).shape());
        assertEquals(Shape.of(1, 3), Ops.sumTo(input(0, 3), Shape.of(1, 3)).shape());
    }

    @Test
    void fillsWithNumbersOfTheType() {
        assertEquals(new Op.Fill(new Type(DType.INT32, Shape.SCALAR), 3L), Ops.scalar(DType.INT32, 3).op());
        assertEquals(new Op.Fill(new Type(DType.FLOAT32, Shape.of(2)), 0.5), Ops.fillLike(input(2), 0.5).op());
        assertThrows(IllegalArgumentException.class, () -> new Op.Fill(new Type(DType.INT32, Shape.SCALAR), 3.0));
        assertThrows(IllegalArgumentException.class, () -> new Op.Fill(new Type(DType.FLOAT16, Shape.SCALAR), 3L));
    }

    @Test
    void aWindowSlides() {
        Window window = new Window(List.of(2), List.of(1), List.of(-1), List.of(3));
        assertEquals(Shape.of(4), window.output(Shape.of(10), Shape.of(2)));
        assertEquals(Shape.of(0), window.output(Shape.of(0), Shape.of(2)));
        String message = assertThrows(RuntimeException.class, () -> window.output(Shape.of(3), Shape.of(3))).getMessage();
        assertTrue(message.contains("larger than the padded input") && message.contains("(3,)"), message);
        assertThrows(RuntimeException.class, () -> new Window(List.of(0), List.of(0), List.of(0), List.of(1)));
        assertThrows(RuntimeException.class, () -> new Window(List.of(1, 1), List.of(0), List.of(0), List.of(1)));
        assertThrows(RuntimeException.class, () -> new Window(List.of(), List.of(), List.of(), List.of()));
    }
}
