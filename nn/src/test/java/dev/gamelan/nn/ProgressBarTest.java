package dev.gamelan.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

class ProgressBarTest {

    private static String shown(int columns) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        Control control = new Control() {
            @Override
            public void stop(String reason) {
                throw new AssertionError();
            }

            @Override
            public void scaleLearningRate(double factor) {
                throw new AssertionError();
            }

            @Override
            public Weights weights() {
                throw new AssertionError();
            }
        };
        ProgressBar bar = new ProgressBar(new PrintStream(bytes, true, StandardCharsets.UTF_8), columns);
        History history = new History(List.of(Metrics.accuracy()),
                List.of(new History.Epoch(1, 0.52, List.of(0.81), OptionalDouble.of(0.61), List.of(0.79), 75, 1234)));
        List.of(new TrainEvent.RunStarted(3, 10, 640, 12345, 1),
                new TrainEvent.StepEnded(1, 5, 10, 640, 0.7, 0.6, Map.of("accuracy", 0.75), 128),
                new TrainEvent.EpochEnded(history),
                new TrainEvent.CheckpointFailed(Path.of("x"), "no space"),
                new TrainEvent.RunEnded(history, "no better epoch")).forEach(event -> bar.on(event, control));
        return bytes.toString(StandardCharsets.UTF_8).replace(System.lineSeparator(), "\n");
    }

    @Test
    void aLinePerEpochWhereNothingMoves() {
        assertEquals("""
                12,345 parameters, 640 examples, 10 steps per epoch
                epoch 1/3  loss 0.5200 (validation 0.6100)  accuracy 0.8100 (0.7900)  1,234/s  1:15
                checkpoint not written: no space; training goes on
                stopped: no better epoch
                """, shown(0));
    }

    @Test
    void aBarOnATerminal() {
        String bar = "\repoch 1/3 [============            ] 5/10  loss 0.6000  accuracy 0.7500  128/s  0:13 left";
        assertTrue(shown(100).contains(bar), shown(100));
        assertTrue(shown(80).contains("\repoch 1/3 [=======       ] 5/10  loss"), shown(80));
        assertTrue(shown(60).contains("\repoch 1/3 5/10  loss 0.6000  accuracy 0.7500  128/s\repoch"), shown(60));
        assertTrue(shown(40).contains("\repoch 1/3 5/10  loss 0.6000\repoch"), shown(40));
    }
}
