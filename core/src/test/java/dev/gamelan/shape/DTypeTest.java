package dev.gamelan.shape;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Array;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class DTypeTest {

    @ParameterizedTest
    @EnumSource
    void everyTypeIsOfOneKindAndHasAnArray(DType dtype) {
        int kinds = (dtype.isFloating() ? 1 : 0) + (dtype.isInteger() ? 1 : 0) + (dtype.isStorageOnly() ? 1 : 0)
                + (dtype == DType.BOOL ? 1 : 0);
        assertEquals(1, kinds);
        assertEquals(dtype.isFloating() || dtype.isInteger(), dtype.isNumeric());
        assertEquals(3, Array.getLength(dtype.newArray(3)));
        assertTrue(dtype.bytes() >= 1 && dtype.bytes() <= 8);
    }
}
