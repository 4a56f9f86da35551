package dev.gamelan.codegen;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
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
    void looseTilesHaveRoomForTheElementsOfAllRows() {
        for (int bits : BITS) {
            for (int vectors = 2; vectors <= 4; vectors++) {
                Tile tile = Tile.of(Lanes.ofBits(bits, ElementType.FLOAT), vectors);
                Tile loose = tile.loose();
                assertFalse(loose.isTight(), loose.toString());
                assertEquals(vectors, loose.vectors());
                assertTrue(loose.rows() > 0 && loose.rows() <= tile.rows(), loose.toString());
                assertSame(loose, loose.loose());
            }
        }
    }

    @Test
    void tilesWithRoomStayAsTheyAre() {
        for (Lanes lanes : Forms.all(ElementType.FLOAT)) {
            Tile tile = new Tile(lanes, 4, 2);
            assertFalse(tile.isTight());
            assertSame(tile, tile.loose());
        }
    }
}
