package dev.gamelan.nn;

import static dev.gamelan.nn.Golden.assertClose;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import dev.gamelan.shape.ShapeException;
import dev.gamelan.tensor.Functions;
import dev.gamelan.tensor.Tensor;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import tools.jackson.databind.JsonNode;

class LossesTest {

    private static final Map<String, Loss<Tensor, Tensor>> LOSSES = Map.of(
            "softmaxCrossEntropy", Losses.softmaxCrossEntropy(),
            "softmaxCrossEntropy smoothing", Losses.softmaxCrossEntropy(0.1),
            "softmaxCrossEntropy probabilities", Losses.softmaxCrossEntropy(),
            "sigmoidCrossEntropy", Losses.sigmoidCrossEntropy(),
            "mse", Losses.mse(), "mae", Losses.mae(), "huber", Losses.huber(0.7));

    @TestFactory
    Stream<DynamicTest> likePyTorch() {
        return Golden.cases("losses").stream().map(c -> DynamicTest.dynamicTest(c.get("name").asString(), () -> check(c)));
    }

    private static void check(JsonNode c) {
        Loss<Tensor, Tensor> loss = LOSSES.get(c.get("name").asString());
        Tensor output = Golden.tensor(c.get("output"));
        Tensor target = Golden.tensor(c.get("target"));
        Tensor wanted = target.rank() < output.rank() ? target.cast(DType.INT32) : target;
        assertClose(Golden.tensor(c.get("value")), loss.apply(output, wanted), 1e-6, "value");
        assertClose(Golden.tensor(c.get("gradient")), Functions.grad((Tensor o) -> loss.apply(o, wanted).sum()).apply(output), 1e-6,
                "gradient");
    }

    @Test
    void anyIntegerTypeNamesAClass() {
        Tensor logits = Tensor.of(new float[] {1, 2, 3, 3, 2, 1}, 2, 3);
        double[] expected = Losses.softmaxCrossEntropy().apply(logits, Tensor.ofInts(0, 2)).toDoubleArray();
        for (DType type : new DType[] {DType.UINT8, DType.INT8, DType.INT64}) {
            double[] received = Losses.softmaxCrossEntropy().apply(logits, Tensor.ofInts(0, 2).cast(type)).toDoubleArray();
            assertArrayEquals(expected, received, 1e-6);
        }
    }

    @Test
    void sequencesHaveALossPerPosition() {
        Tensor loss = Losses.softmaxCrossEntropy().apply(Tensor.zeros(2, 5, 4), Tensor.zeros(DType.INT32, Shape.of(2, 5)));
        assertEquals(Shape.of(2, 5), loss.shape());
        assertEquals(Math.log(4), loss.mean().item(), 1e-6);
    }

    @Test
    void hugeLogitsStayFinite() {
        Tensor logits = Tensor.of(new float[] {1e30f, -1e30f, 0}, 1, 3);
        assertEquals(0, Losses.softmaxCrossEntropy().apply(logits, Tensor.ofInts(0)).item());
        assertEquals(2e30, Losses.softmaxCrossEntropy().apply(logits, Tensor.ofInts(1)).item(), 1e24);
    }

    @Test
    void targetsThatDoNotFitAreRefused() {
        ShapeException e = assertThrows(ShapeException.class,
                () -> Losses.softmaxCrossEntropy().apply(Tensor.zeros(4, 10), Tensor.zeros(4)));
        assertTrue(e.getMessage().contains("class numbers"), e.getMessage());
        assertThrows(ShapeException.class, () -> Losses.mse().apply(Tensor.zeros(4, 1), Tensor.zeros(4)));
    }
}
