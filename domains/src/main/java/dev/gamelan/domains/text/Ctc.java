package dev.gamelan.domains.text;

import dev.gamelan.shape.ShapeException;
import dev.gamelan.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/** What a network says that was trained with connectionist temporal classification (Graves et al., 2006). */
public final class Ctc {

    private Ctc() {}

    /**
     * The most likely class of each step, without repetitions and then without blanks.
     *
     * @param scores (T, classes): probabilities or logits
     */
    public static List<Integer> greedy(Tensor scores, int blank) {
        if (scores.rank() != 2 || blank < 0 || blank >= scores.dim(1)) {
            throw ShapeException.of("greedy: scores and blank do not fit",
                    "scores (steps, classes), and a blank that is one of the classes",
                    scores.shape() + " and " + blank);
        }
        List<Integer> result = new ArrayList<>();
        int before = blank;
        for (int best : scores.argmax(-1).toIntArray()) {
            if (best != before && best != blank) {
                result.add(best);
            }
            before = best;
        }
        return result;
    }
}
