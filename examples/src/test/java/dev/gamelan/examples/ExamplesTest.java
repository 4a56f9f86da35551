package dev.gamelan.examples;

import static dev.gamelan.nn.Metrics.accuracy;
import static dev.gamelan.tensor.Functions.grad;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gamelan.domains.vision.Digits;
import dev.gamelan.shape.DType;
import dev.gamelan.tensor.Axes;
import dev.gamelan.tensor.RandomKey;
import dev.gamelan.tensor.Tensor;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** Every example runs, and gives what its text says. */
final class ExamplesTest {

    @Test
    void theLineIsFound() {
        var line = LinearRegression.fit(200);
        assertEquals(3, line.slope().item(), 0.05);
        assertEquals(2, line.bias().item(), 0.05);
    }

    @Test
    void theHessianVectorProductIsThatOfTheHessian() {
        float[] at = {1, 2, 3};
        float[] vector = {1, 0, -1};
        // Second derivatives of Rosenbrock's function by hand.
        double[][] hessian = {{1200 * at[0] * at[0] - 400 * at[1] + 2, -400 * at[0], 0},
                {-400 * at[0], 202 + 1200 * at[1] * at[1] - 400 * at[2], -400 * at[1]}, {0, -400 * at[1], 200}};
        float[] product = Derivatives.hessianVectorProduct(Derivatives::rosenbrock, Tensor.of(at, 3), Tensor.of(vector, 3)).toFloatArray();
        for (int i = 0; i < 3; i++) {
            assertEquals(hessian[i][0] * vector[0] + hessian[i][1] * vector[1] + hessian[i][2] * vector[2], product[i], 1e-2);
        }
    }

    @Test
    void theStepFunctionPassesItsGradient() {
        var gradient = grad((Tensor t) -> Derivatives.straightThrough().apply(t).square().sum()).apply(Tensor.of(0.4, 1.6));
        assertArrayEquals(new float[] {0, 4}, gradient.toFloatArray());
    }

    @Test
    void gradientsOfExamplesAreTheirOwn() {
        var examples = Tensor.of(new float[][] {{1, 2}, {0, 1}, {3, -1}});
        var weights = Tensor.of(0.5, -0.5);
        var all = Derivatives.perExampleGradients(examples, weights);
        for (int i = 0; i < 3; i++) {
            var example = examples.get(i);
            var one = grad((Tensor w) -> example.mul(w).sum().tanh().square()).apply(weights);
            assertArrayEquals(one.toFloatArray(), all.get(i).toFloatArray(), 1e-6f);
        }
    }

    @Test
    void theSeriesIsSmoothed() {
        assertArrayEquals(new float[] {0.5f, 0.75f, 0.375f, 0.1875f, 0.59375f},
                Derivatives.smooth(Tensor.of(1, 1, 0, 0, 1), 0.5).toFloatArray());
    }

    @Test
    void theLstmWritesWhatItRead() {
        String text = "the quick brown fox. ";
        var model = LstmText.learn(text.repeat(60), 48, 60);
        assertEquals(text.repeat(4), LstmText.write(model, text.substring(0, 8), 4 * text.length() - 8, 0.2, 7));
    }

    @Test
    void theTransformerGoesOnWithTheSequence() {
        int[] ids = TinyGpt.sequence(1500);
        assertArrayEquals(new int[] {0, 1, 3, 6, 7, 9, 12, 13, 15, 2}, Arrays.copyOf(ids, 10));
        var model = TinyGpt.learn(ids, 15);
        assertArrayEquals(Arrays.copyOfRange(ids, 8, 48), TinyGpt.goOn(model, Arrays.copyOf(ids, 8), 40));
    }

    @Test
    void theLoopAnswersAsASessionDoes() {
        var model = RealTime.network();
        float[] signal = RandomKey.of(3).normal(32 * 5).toFloatArray();
        float[] answers = RealTime.follow(model, signal, new long[5]);
        var session = model.session();
        for (int i = 0; i < 5; i++) {
            float[] expected = session.apply(Tensor.of(Arrays.copyOfRange(signal, 32 * i, 32 * i + 32), 1, 1, 32)).toFloatArray();
            assertArrayEquals(expected, Arrays.copyOfRange(answers, 2 * i, 2 * i + 2), 1e-6f);
        }
    }

    @Test
    void leNetReadsDigits() {
        var digits = Digits.load();
        double accuracy = LeNet.train(digits, 6).evaluate(digits.test().batches(256), accuracy());
        assertTrue(accuracy > 0.97, "accuracy " + accuracy);
    }

    @Test
    void theGeneratorDrawsWithAsMuchInkAsPeople() {
        var drawn = Gan.train(30).apply(RandomKey.of(3).normal(256, 32));
        var digits = Digits.load().train();
        var real = digits.batches(digits.size()).first().input().cast(DType.FLOAT32).div(127.5).sub(1);
        var difference = drawn.mean(0).sub(real.mean(0)).abs().mean().item();
        assertTrue(difference < 0.2, "difference of mean pictures " + difference);
        assertTrue(drawn.variance(Axes.of(0)).mean().item() > 0.1, "all pictures are the same");
    }

    @Test
    void theWidthOfPetalsIsLearned() {
        assertTrue(PetalWidth.meanError() < 0.2, "mean error in cm " + PetalWidth.meanError());
    }
}
