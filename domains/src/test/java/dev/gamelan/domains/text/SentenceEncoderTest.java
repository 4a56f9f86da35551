package dev.gamelan.domains.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.gamelan.nn.Model;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;

/** With weights at random; trained ones are in {@code RealTextsTest}. */
class SentenceEncoderTest {

    private static SentenceEncoder encoder() {
        Tokenizer tokenizer = Tokenizer.read(TokenizerTest.resource("tokenizer_uncased.json"));
        Bert bert = new Bert(tokenizer.vocabulary(), 64, 12, 2, 3);
        return new SentenceEncoder(tokenizer, Model.of(bert, tokenizer.batch(List.of("a"))));
    }

    @Test
    void vectorsHaveLengthOneAndDoNotDependOnTheBatch() {
        List<String> texts = List.of("The quick brown fox", "lazy dog.", "The quick brown fox jumps over the lazy dog, and over it again.");
        Tensor together = encoder().embed(texts);
        assertEquals(Shape.of(3, 12), together.shape());
        for (int i = 0; i < texts.size(); i++) {
            float[] alone = encoder().embed(List.of(texts.get(i))).toFloatArray();
            assertArrayEquals(together.get(i).toFloatArray(), alone, 1e-5f);
            assertEquals(1, together.get(i).square().sum().item(), 1e-5);
        }
    }

    @Test
    void aTextIsLikeItself() {
        assertEquals(1, encoder().similarity("one two", "One  two"), 1e-5);
    }

    @Test
    void theMeanIsOverWhatIsNotPadding() {
        Tensor x = Tensor.of(new float[] {1, 2, 3, 4, 100, 200}, 1, 3, 2);
        assertArrayEquals(new float[] {2, 3}, SentenceEncoder.mean(x, Tensor.ofBooleans(true, true, false).reshape(1, 3)).toFloatArray());
        assertArrayEquals(new float[] {0, 0}, SentenceEncoder.mean(x, Tensor.ofBooleans(false, false, false).reshape(1, 3)).toFloatArray());
    }
}
