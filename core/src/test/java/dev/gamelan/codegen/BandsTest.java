package dev.gamelan.codegen;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BandsTest {

    @Test
    void bandsFollowEachOtherAndDifferByOneLine() {
        for (int height = 1; height < 70; height++) {
            for (int wanted = 1; wanted <= height; wanted++) {
                Bands bands = new Bands(height, wanted);
                assertEquals(0, bands.from(0));
                assertEquals(height, bands.to(wanted - 1));
                for (int band = 0; band < wanted; band++) {
                    int lines = bands.to(band) - bands.from(band);
                    assertTrue(lines == bands.lines() || lines == height / wanted, bands + " " + band);
                }
            }
        }
    }

    @ParameterizedTest(name = "{0} lines of {1} elements in {2} images, {4} threads")
    @CsvSource({"28, 5376, 1, 10000000, 2, 6", "14, 5376, 1, 10000000, 2, 4", "14, 5376, 1, 10000000, 3, 3", "14, 5376, 1, 10000000, 4, 4",
            "7, 6720, 1, 10000000, 2, 2", "28, 5376, 2, 20000000, 2, 5", "28, 5376, 3, 20000000, 2, 6", "28, 5376, 9, 90000000, 2, 5",
            "14, 5376, 1, 150000, 2, 3", "1, 100000, 1, 10000000, 2, 1", "0, 5376, 1, 0, 2, 0"})
    void threadsHaveAsMuchAsEachOther(int height, int lineElements, int images, long operations, int workers, int count) {
        assertEquals(count, Bands.of(height, lineElements, images, operations, workers).count());
    }
}
