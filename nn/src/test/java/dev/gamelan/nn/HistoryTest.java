package dev.gamelan.nn;

import static dev.gamelan.nn.Metrics.accuracy;
import static dev.gamelan.nn.Metrics.rmse;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gamelan.shape.NameException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

class HistoryTest {

    private static History.Epoch epoch(int number, double loss, double validationLoss, double validationAccuracy) {
        return new History.Epoch(number, loss, List.of(0.5), OptionalDouble.of(validationLoss), List.of(validationAccuracy), 2, 100);
    }

    private final History history = new History(List.of(accuracy()),
            List.of(epoch(1, 0.9, 0.8, 0.6), epoch(2, 0.5, 0.4, 0.9), epoch(3, 0.1, Double.NaN, 0.9)));

    @Test
    void metricsAreFoundByValueOverTheValidationData() {
        assertEquals(0.9, history.last(accuracy()));
        assertEquals(0.9, history.best(accuracy()));
        assertEquals(2, history.bestEpoch(accuracy()).number());
        assertEquals(2, history.bestEpoch().number());
        assertTrue(assertThrows(NameException.class, () -> history.last(rmse())).getMessage().contains("add .metric("));
    }

    @Test
    void smallerMayBeBetter() {
        History errors = new History(List.of(rmse()), List.of(
                new History.Epoch(1, 1, List.of(3.0), OptionalDouble.empty(), List.of(), 1, 1),
                new History.Epoch(2, 1, List.of(2.0), OptionalDouble.empty(), List.of(), 1, 1)));
        assertEquals(2, errors.best(rmse()));
        assertEquals(2, errors.last(rmse()));
    }

    @Test
    void filesHoldEveryColumn(@TempDir Path folder) throws IOException {
        history.writeJson(folder.resolve("history.json"));
        var rows = JsonMapper.shared().readTree(folder.resolve("history.json"));
        assertEquals(3, rows.size());
        assertEquals(2, rows.get(1).get("epoch").asInt());
        assertEquals(0.4, rows.get(1).get("validation_loss").asDouble());
        assertTrue(rows.get(2).get("validation_loss").isNull());
        history.writeCsv(folder.resolve("history.csv"));
        List<String> lines = Files.readAllLines(folder.resolve("history.csv"));
        assertEquals("epoch,loss,accuracy,validation_loss,validation_accuracy,seconds,examples_per_second", lines.getFirst());
        assertEquals("2,0.5,0.5,0.4,0.9,2.0,100.0", lines.get(2));
    }

    @Test
    void equalNamesGetNumbers() {
        Metric<dev.gamelan.tensor.Tensor, dev.gamelan.tensor.Tensor> one = Metrics.meanLoss(Losses.huber(1));
        assertEquals(List.of("mean_huber", "mean_huber_2"), History.names(List.of(one, Metrics.meanLoss(Losses.huber(2)))));
    }
}
