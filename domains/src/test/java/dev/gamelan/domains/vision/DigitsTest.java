package dev.gamelan.domains.vision;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gamelan.shape.Shape;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class DigitsTest {

    private final ImageSet digits = Digits.load();

    @Test
    void thereAreAllOfThemOnce() {
        assertEquals(1797, digits.train().size() + digits.test().size());
        assertEquals(359, digits.test().size());
        assertEquals(Shape.of(8, 8, 1), digits.train().shape());
        long[] counts = IntStream.range(0, 10).mapToLong(d -> count(digits.train(), d) + count(digits.test(), d)).toArray();
        assertArrayEquals(new long[] {178, 182, 177, 183, 181, 182, 181, 179, 174, 180}, counts);
    }

    @Test
    void bothPartsAreMixedAlike() {
        for (int digit = 0; digit < 10; digit++) {
            long test = count(digits.test(), digit);
            assertTrue(test >= 35 && test <= 37, "digit " + digit + ": " + test);
        }
    }

    @Test
    void theFullInkIsWhite() {
        byte[] pixels = digits.train().pixels();
        assertEquals(255, IntStream.range(0, pixels.length).map(i -> pixels[i] & 0xFF).max().orElseThrow());
        assertEquals(0, IntStream.range(0, pixels.length).map(i -> pixels[i] & 0xFF).min().orElseThrow());
    }

    private static long count(Images images, int digit) {
        return Arrays.stream(images.classes()).filter(c -> c == digit).count();
    }
}
