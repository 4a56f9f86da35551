package dev.gamelan.domains.text;

import dev.gamelan.shape.DType;
import dev.gamelan.tensor.Axes;
import dev.gamelan.tensor.Tensor;
import java.util.List;
import java.util.function.Function;

/**
 * Texts as vectors whose products say how alike the texts are: the mean of the states of all tokens, of length 1 (Reimers and
 * Gurevych, 2019), as MiniLM and its relatives are trained for.
 *
 * @param states of an encoder, (B, T) -> (B, T, width): a {@link dev.gamelan.nn.Model} of a {@link Bert}, or an imported network
 */
public record SentenceEncoder(Tokenizer tokenizer, Function<Bert.Input, Tensor> states) {

    /** A vector for each text: (texts, width). */
    public Tensor embed(List<String> texts) {
        Bert.Input batch = tokenizer.batch(texts);
        Tensor mean = mean(states.apply(batch), batch.mask());
        return mean.div(mean.square().sum(Axes.keep(-1)).sqrt().maximum(1e-12)).eval();
    }

    /** How alike two texts are: from -1 to 1. */
    public double similarity(String first, String second) {
        Tensor both = embed(List.of(first, second));
        return both.get(0).mul(both.get(1)).sum().item();
    }

    /** The mean over what is not padding. x: (B, T, width), mask: BOOL (B, T) -> (B, width). */
    public static Tensor mean(Tensor x, Tensor mask) {
        Tensor kept = mask.cast(DType.FLOAT32).expandDims(-1);
        return x.mul(kept).sum(1).div(kept.sum(1).maximum(1));
    }
}
