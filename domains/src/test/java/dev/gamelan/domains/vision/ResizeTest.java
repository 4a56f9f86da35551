package dev.gamelan.domains.vision;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class ResizeTest {

    @Test
    void enlargingIsBilinear() {
        Picture small = new Picture(1, 2, 1, new float[] {0, 100});
        assertArrayEquals(new float[] {0, 25, 75, 100}, Resize.to(small, 1, 4).values(), 1e-4f);
        assertArrayEquals(new float[] {0, 100, 0, 100, 0, 100}, Resize.to(small, 3, 2).values(), 1e-4f);
    }

    @Test
    void shrinkingCountsEveryPixel() {
        float[] line = new float[8];
        line[3] = 80;
        Picture shrunk = Resize.to(new Picture(1, 8, 1, line), 1, 2);
        assertEquals(20, shrunk.values()[0] + shrunk.values()[1], 3);
        float[] checkered = new float[64 * 64];
        for (int i = 0; i < checkered.length; i++) {
            checkered[i] = (i / 64 + i) % 2 * 200f;
        }
        float[] gray = Resize.to(new Picture(64, 64, 1, checkered), 8, 8).values();
        for (float value : gray) {
            assertEquals(100, value, 2);
        }
    }

    @Test
    void aFlatPictureStaysFlatAtAnySize() {
        for (int from : new int[] {1, 2, 3, 7, 64}) {
            float[] flat = new float[from * from * 3];
            Arrays.fill(flat, 77);
            for (int to : new int[] {1, 2, 5, 13, 100}) {
                Picture result = Resize.to(new Picture(from, from, 3, flat), to, to + 1);
                assertEquals(to * (to + 1) * 3, result.values().length);
                for (float value : result.values()) {
                    assertEquals(77, value, 1e-3);
                }
            }
        }
    }
}
