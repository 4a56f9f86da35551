package dev.gamelan.ir;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import org.junit.jupiter.api.Test;

class DataTest {

    private static final float[] STORED = {1, 2, 3, 4, 5};

    private int reads;

    private Data stored() {
        return Data.stored(new Type(DType.FLOAT32, Shape.of(5)), (from, count, array) -> {
            reads++;
            System.arraycopy(STORED, from, array, 0, count);
        });
    }

    @Test
    void storedValuesAreLentAsLongAsSomebodyHoldsThem() {
        Data data = stored();
        float[] first = (float[]) data.array();
        assertSame(first, data.array());
        assertNull(data.arrayIfKept());
        assertEquals(3, data.getDouble(2));
        assertEquals(1, reads);
        assertArrayEquals(STORED, first);
    }

    @Test
    void whoNeedsThemAgainKeepsThem() {
        Data data = stored();
        Object lent = data.array();
        assertSame(lent, data.keep());
        assertSame(lent, data.arrayIfKept());
        assertSame(lent, data.array());
        assertEquals(1, reads);
    }

    @Test
    void aPartIsReadAlone() {
        float[] part = new float[3];
        stored().read(1, 2, part);
        assertArrayEquals(new float[] {2, 3, 0}, part);
        Data inMemory = Data.of(DType.FLOAT32, Shape.of(5), STORED.clone());
        inMemory.read(3, 2, part);
        assertArrayEquals(new float[] {4, 5, 0}, part);
    }

    @Test
    void valuesThatWereWrittenOverAreNoLongerThoseThatAreStored() {
        Data data = stored();
        data.overwrite(Data.of(DType.FLOAT32, Shape.of(5), new float[] {9, 8, 7, 6, 5}));
        assertArrayEquals(new float[] {9, 8, 7, 6, 5}, (float[]) data.array());
        assertNotNull(data.arrayIfKept());
        Data other = stored();
        other.changed();
        ((float[]) other.keep())[0] = 7;
        assertEquals(7, other.getDouble(0));
    }

    @Test
    void aCopyIsInMemoryAndTheOriginalIsNot() {
        Data data = stored();
        Data copy = data.copy();
        assertArrayEquals(STORED, (float[]) copy.arrayIfKept());
        assertNull(data.arrayIfKept());
    }

    @Test
    void whoAsksAgainAndAgainHoldsThem() {
        Data data = stored();
        Data held = data.inMemory();
        assertSame(held.arrayIfKept(), data.array());
        assertNull(data.arrayIfKept());
        assertSame(held, held.inMemory());
        assertEquals(1, reads);
    }

    @Test
    void formsOfStoredValuesAreMadeAtOnce() {
        Data data = stored();
        assertTrue(data.derived().isStored());
        assertNotNull(data.derived().get("a", earlier -> "made"));
        Data kept = stored();
        Object _ = kept.keep();
        assertNull(kept.derived().get("a", earlier -> "made"));
    }
}
