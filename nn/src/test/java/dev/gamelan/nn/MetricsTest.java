package dev.gamelan.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import dev.gamelan.tensor.Tensor;
import org.junit.jupiter.api.Test;

class MetricsTest {

    private static double value(Metric<Tensor, Tensor> metric, Tensor output, Tensor target) {
        return metric.result(metric.observe(output, target).toDoubleArray());
    }

    private final Tensor logits = Tensor.of(new float[] {1, 5, 2, 9, 0, 0, 3, 2, 1, 0, 0, 0}, 4, 3);

    @Test
    void accuracyOfClassesAndProbabilities() {
        assertEquals(0.5, value(Metrics.accuracy(), logits, Tensor.ofInts(1, 1, 0, 2)));
        assertEquals(0.25, value(Metrics.accuracy(), logits, Tensor.of(new float[] {0, 1, 0, 0, 1, 0, 0, 0, 1, 0, 0, 1}, 4, 3)));
    }

    @Test
    void topKCountsTiesAsArgmaxDoes() {
        Tensor classes = Tensor.ofInts(2, 1, 2, 1);
        assertEquals(0.75, value(Metrics.topKAccuracy(2), logits, classes));
        assertEquals(1, value(Metrics.topKAccuracy(3), logits, classes));
        assertEquals(value(Metrics.accuracy(), logits, Tensor.ofInts(1, 0, 1, 0)),
                value(Metrics.topKAccuracy(1), logits, Tensor.ofInts(1, 0, 1, 0)));
    }

    @Test
    void errorsOfNumbers() {
        assertEquals(Math.sqrt((1 + 4 + 0) / 3.0), value(Metrics.rmse(), Tensor.of(1, 2, 3), Tensor.of(0, 4, 3)), 1e-7);
        assertEquals(1, value(Metrics.mae(), Tensor.of(1, 2, 3), Tensor.of(0, 4, 3)), 1e-7);
        assertEquals(5 / 3.0, value(Metrics.meanLoss(Losses.mse()), Tensor.of(1, 2, 3), Tensor.of(0, 4, 3)), 1e-6);
    }

    @Test
    void binaryAccuracyOfTruthOrNumbers() {
        Tensor scores = Tensor.of(3, -2, 0.1, -0.1);
        assertEquals(0.75, value(Metrics.binaryAccuracy(), scores, Tensor.ofBooleans(true, false, true, true)));
        assertEquals(0.75, value(Metrics.binaryAccuracy(), scores, Tensor.of(1, 0, 1, 1)));
    }

    @Test
    void equalMetricsAreTheSameColumn() {
        assertEquals(Metrics.accuracy(), Metrics.accuracy());
        assertNotEquals(Metrics.topKAccuracy(2), Metrics.topKAccuracy(3));
        assertEquals("accuracy", Metrics.accuracy().name());
        assertEquals("top_5_accuracy", Metrics.topKAccuracy(5).name());
        assertEquals("rmse", Metrics.rmse().name());
    }
}
