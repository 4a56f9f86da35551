package dev.gamelan.shape;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ShapeTest {

    private final Shape shape = Shape.of(2, 3, 5);

    @Test
    void sizesAndAxes() {
        assertEquals(30, shape.size());
        assertEquals(5, shape.dim(-1));
        assertEquals(2, shape.dim(0));
        assertEquals(1, Shape.SCALAR.size());
        assertEquals(0, Shape.of(3, 0).size());
        assertTrue(Shape.of().isScalar());
        assertArrayEquals(new int[] {15, 5, 1}, shape.strides());
        assertArrayEquals(new int[0], Shape.SCALAR.strides());
    }

    @Test
    void isImmutable() {
        int[] dims = {2, 3};
        Shape made = Shape.of(dims);
        dims[0] = 9;
        made.dims()[1] = 9;
        assertEquals(Shape.of(2, 3), made);
        assertEquals(Shape.of(2, 3).hashCode(), made.hashCode());
        assertNotEquals(Shape.of(2, 3), Shape.of(3, 2));
    }

    @Test
    void otherShapes() {
        assertEquals(Shape.of(2, 7, 5), shape.with(-2, 7));
        assertEquals(Shape.of(2, 5), shape.without(1));
        assertEquals(Shape.of(2, 3, 5, 4), shape.insert(-1, 4));
        assertEquals(Shape.of(4, 2, 3, 5), shape.insert(0, 4));
        assertEquals(Shape.of(3, 5), shape.slice(1, 3));
        assertEquals(Shape.of(2, 3, 5, 7), shape.concat(Shape.of(7)));
        assertEquals(Shape.of(5, 2, 3), shape.permute(2, 0, 1));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"2,3|3|2,3", "2,1|1,3|2,3", "5|5|5", "|4|4", "1|0|0", "0|1|0", "3,1|2,1,4|2,3,4", "0,3|1,3|0,3"})
    void broadcasts(String a, String b, String expected) {
        assertEquals(parse(expected), Shape.broadcast(parse(a), parse(b)));
        assertEquals(parse(expected), Shape.broadcast(parse(b), parse(a)));
        assertTrue(parse(a).broadcastsTo(parse(expected)));
        assertTrue(parse(b).broadcastsTo(parse(expected)));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"2|3", "2,3|2", "0|2", "4,1|3,2"})
    void doesNotBroadcast(String a, String b) {
        ShapeException e = assertThrows(ShapeException.class, () -> Shape.broadcast(parse(a), parse(b)));
        assertTrue(e.getMessage().contains(parse(a) + " and " + parse(b)), e.getMessage());
        assertFalse(parse(a).broadcastsTo(parse(b)));
    }

    private static Shape parse(String text) {
        return text == null ? Shape.SCALAR
                : Shape.of(Arrays.stream(text.split(",")).mapToInt(Integer::parseInt).toArray());
    }

    @Test
    void refusesWhatIsNoShape() {
        assertTrue(assertThrows(ShapeException.class, () -> Shape.of(2, -1)).getMessage().contains("(2, -1)"));
        assertTrue(assertThrows(ShapeException.class, () -> Shape.of(1 << 20, 1 << 20)).getMessage().contains("too large"));
        assertThrows(ShapeException.class, () -> Shape.of(Integer.MAX_VALUE));
        assertEquals(0, Shape.of(1 << 20, 1 << 20, 0).size());
    }

    @Test
    void refusesAxesThatAreNotThere() {
        String message = assertThrows(ShapeException.class, () -> shape.dim(3)).getMessage();
        assertTrue(message.contains("axis 3") && message.contains("-3 to 2") && message.contains("(2, 3, 5)"), message);
        assertThrows(ShapeException.class, () -> shape.dim(-4));
        assertTrue(assertThrows(ShapeException.class, () -> Shape.SCALAR.axis(0)).getMessage().contains("scalar"));
        assertThrows(ShapeException.class, () -> shape.insert(4, 1));
    }

    @Test
    void printsAsInPython() {
        assertEquals("(2, 3, 5)", shape.toString());
        assertEquals("(5,)", Shape.of(5).toString());
        assertEquals("()", Shape.SCALAR.toString());
    }
}
