package dev.gamelan.ir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import org.junit.jupiter.api.Test;

class DataTest {

    @Test
    void holdsItsArray() {
        byte[] array = {1, -1};
        Data data = Data.of(DType.UINT8, Shape.of(2), array);
        assertSame(array, data.array());
        assertEquals(255, data.getLong(1));
        assertEquals(255.0, data.getDouble(1));
        assertEquals(2, data.length());
        assertEquals("DataUINT8(2,)", data.toString());
        assertNotEquals(data, Data.of(DType.UINT8, Shape.of(2), array));
    }

    @Test
    void refusesArraysThatDoNotFit() {
        assertThrows(IllegalArgumentException.class, () -> Data.of(DType.FLOAT32, Shape.of(2), new float[3]));
        assertThrows(IllegalArgumentException.class, () -> Data.of(DType.FLOAT32, Shape.of(2), new double[2]));
        assertThrows(IllegalArgumentException.class, () -> Data.of(DType.FLOAT32, Shape.SCALAR, new float[0]));
    }
}
