package dev.gamelan.domains.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SplitTest {

    @Test
    void partsAreDisjointAndComplete() {
        for (int rows : new int[] {0, 1, 2, 3, 7, 100, 1009}) {
            Split split = Split.random(rows, 0.2, 5);
            int[] all = IntStream.concat(Arrays.stream(split.kept()), Arrays.stream(split.held())).sorted().toArray();
            assertArrayEquals(IntStream.range(0, rows).toArray(), all);
            assertEquals(rows < 2 ? 0 : Math.max(1, Math.round(rows * 0.2f)), split.held().length);
        }
    }

    @Test
    void eachClassIsInBothParts() {
        int[] classes = new int[103];
        Arrays.fill(classes, 0, 90, 1);
        Arrays.fill(classes, 90, 100, 0);
        Arrays.fill(classes, 100, 102, 2);
        classes[102] = 3;
        Split split = Split.stratified(classes, 0.2, 1);
        assertArrayEquals(new long[] {8, 72, 1, 1}, counts(classes, split.kept()));
        assertArrayEquals(new long[] {2, 18, 1, 0}, counts(classes, split.held()));
    }

    @Test
    void theSeedDecides() {
        assertArrayEquals(Split.random(50, 0.3, 9).held(), Split.random(50, 0.3, 9).held());
        assertFalse(Arrays.equals(Split.random(50, 0.3, 9).held(), Split.random(50, 0.3, 10).held()));
        assertArrayEquals(new int[] {0, 6, 13, 19}, Split.random(20, 0.2, 0).held(), "the same on every platform and version");
    }

    @Test
    void anImpossibleFractionIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> Split.random(10, 1, 0));
        assertThrows(IllegalArgumentException.class, () -> Split.random(10, Double.NaN, 0));
        assertEquals(0, Split.random(10, 0, 0).held().length);
    }

    private static long[] counts(int[] classes, int[] rows) {
        return IntStream.range(0, 4).mapToLong(c -> Arrays.stream(rows).filter(row -> classes[row] == c).count()).toArray();
    }
}
