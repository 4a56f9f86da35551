package dev.gamelan.codegen;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class TileTest {
    private static final int[] BITS = {128, 256, 512};

    @Test
    void sumsLeaveRoomForWhatIsMultiplied() {
        for (int bits : BITS) {
            for (int vectors = 1; vectors <= 4; vectors++) {
                Tile tile = Tile.of(Lanes.ofBits(bits, ElementType.FLOAT), vectors);
                assertEquals(vectors, tile.vectors());
                assertTrue(tile.rows() > 0 && tile.fits(), tile.toString());
            }
        }
    }

    @Test
    void tilesAreTightWhereElementsOfAllRowsDoNotFit() {
        for (Lanes lanes : Forms.all(ElementType.FLOAT)) {
            assertFalse(new Tile(lanes, 4, 2).isTight());
            assertEquals(new Tile(lanes, 6, 2).hasFewRegisters(), new Tile(lanes, 6, 2).isTight());
        }
    }
}
