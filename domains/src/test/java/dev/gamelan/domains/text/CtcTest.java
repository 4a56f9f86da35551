package dev.gamelan.domains.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.gamelan.shape.ShapeException;
import dev.gamelan.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;

class CtcTest {

    /** One row for each step, with the largest score at a class. */
    private static Tensor scores(int classes, int... best) {
        float[][] rows = new float[best.length][classes];
        for (int i = 0; i < best.length; i++) {
            rows[i][best[i]] = 1;
        }
        return best.length == 0 ? Tensor.zeros(0, classes) : Tensor.of(rows);
    }

    @Test
    void repetitionsAndThenBlanksAreLeftOut() {
        assertEquals(List.of(1, 1, 2), Ctc.greedy(scores(4, 0, 1, 1, 0, 1, 2, 2, 0), 0));
        assertEquals(List.of(2, 3, 2), Ctc.greedy(scores(4, 2, 3, 3, 1, 2), 1));
        assertEquals(List.of(0, 0), Ctc.greedy(scores(3, 0, 2, 0), 2));
    }

    @Test
    void nothingIsHeardInBlanks() {
        assertEquals(List.of(), Ctc.greedy(scores(4, 0, 0, 0), 0));
        assertEquals(List.of(), Ctc.greedy(scores(4), 0));
    }

    @Test
    void theBlankIsOneOfTheClasses() {
        assertThrows(ShapeException.class, () -> Ctc.greedy(scores(4, 1), 4));
        assertThrows(ShapeException.class, () -> Ctc.greedy(Tensor.of(1, 2), 0));
    }
}
