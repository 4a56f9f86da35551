package dev.gamelan.nn;

import static dev.gamelan.nn.Layers.batchNorm;
import static dev.gamelan.nn.Layers.dense;
import static dev.gamelan.nn.Layers.dropout;
import static dev.gamelan.nn.Layers.relu;
import static dev.gamelan.nn.Losses.softmaxCrossEntropy;
import static dev.gamelan.nn.Metrics.accuracy;
import static dev.gamelan.nn.Optimizers.adamW;
import static dev.gamelan.nn.Optimizers.sgd;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.gamelan.interop.safetensors.SafeTensors;
import dev.gamelan.shape.FormatException;
import dev.gamelan.shape.NameException;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Tensor;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.core.JsonParser;
import tools.jackson.databind.json.JsonMapper;

class ResumeTest {

    @TempDir
    Path folder;

    private static Model<Tensor, Tensor> model() {
        return Model.of(Shape.of(2), dense(16), batchNorm(), relu(), dropout(0.2), dense(2));
    }

    private static Trainer<Tensor, Tensor, Tensor> plan(Model<Tensor, Tensor> model) {
        Dataset<Tensor, Tensor> data = Quadrants.of(100);
        return model.train(data.shuffledBatches(16), softmaxCrossEntropy()).validate(data.batches(64)).metric(accuracy())
                .optimizer(steps -> adamW(Schedule.cosine(1e-2, steps).warmup(5), 0.01)).epochs(5).keepBest().quiet();
    }

    private record Result(List<Integer> bits, List<Double> losses) {
        static Result of(Model<Tensor, Tensor> model, History history) {
            List<Double> figures = new ArrayList<>();
            for (History.Epoch epoch : history.epochs()) {
                figures.add(epoch.loss());
                figures.addAll(epoch.metrics());
                figures.add(epoch.validationLoss().orElseThrow());
                figures.addAll(epoch.validationMetrics());
            }
            return new Result(TrainingTest.bits(model.weights()), figures);
        }
    }

    private static Result uninterrupted() {
        Model<Tensor, Tensor> model = model();
        return Result.of(model, plan(model).run());
    }

    private Result resumed() {
        Model<Tensor, Tensor> model = model();
        return Result.of(model, plan(model).checkpoints(folder, 3).resume(folder).run());
    }

    @Test
    void goesOnFromTheMiddleOfAnEpochToTheSameBits() {
        plan(model()).checkpoints(folder, 3).on((event, control) -> {
            if (event instanceof TrainEvent.StepEnded step && step.epoch() == 3 && step.step() == 5) {
                control.stop("pretended end");
            }
        }).run();
        assertEquals(uninterrupted(), resumed());
    }

    @Test
    void goesOnFromTheEndOfAnEpochToTheSameBits() {
        plan(model()).checkpoints(folder).on((event, control) -> {
            if (event instanceof TrainEvent.CheckpointSaved saved && saved.epoch() == 3) {
                control.stop("pretended end");
            }
        }).run();
        assertEquals(uninterrupted(), resumed());
    }

    @Test
    void aPauseLeavesOutAllCheckpointsButTheOneOfTheEnd() {
        List<TrainEvent> saved = new ArrayList<>();
        plan(model()).checkpoints(folder).checkpointPause(Duration.ofHours(1)).on((event, control) -> {
            if (event instanceof TrainEvent.EpochEnded ended && ended.epoch().number() == 2) {
                control.stop("pretended end");
            } else if (event instanceof TrainEvent.CheckpointSaved) {
                saved.add(event);
            }
        }).run();
        assertEquals(1, saved.size());
        assertEquals(uninterrupted(), resumed());
    }

    @Test
    void aFinishedTrainingGivesItsResultAgain() {
        Model<Tensor, Tensor> model = model();
        Result first = Result.of(model, plan(model).checkpoints(folder).run());
        assertEquals(first, resumed());
    }

    /** Kills a virtual machine while it trains and writes checkpoints, as a power cut would, and goes on from what it left. */
    @Test
    void survivesKillingTheProcess() throws IOException, InterruptedException {
        Result expected = uninterrupted();
        Path file = folder.resolve(Checkpoint.FILE);
        Process process = new ProcessBuilder(java(), "--add-modules", "jdk.incubator.vector", "-cp", classPath(),
                Victim.class.getName(), folder.toString()).redirectErrorStream(true).redirectOutput(folder.resolve("out.txt").toFile())
                .start();
        try {
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(120);
            while (process.isAlive() && System.nanoTime() < end && !isFarEnough(file)) {
                Thread.sleep(20);
            }
            assertTrue(process.isAlive(), () -> "the process ended by itself: " + text(folder.resolve("out.txt")));
        } finally {
            process.destroyForcibly().waitFor();
        }
        assertTrue(Files.exists(file), "no checkpoint was written");
        assertEquals(expected, resumed());
    }

    private static boolean isFarEnough(Path file) {
        return Files.exists(file) && SafeTensors.readMetadata(file).getOrDefault("gamelan.training", "").contains("\"epoch\":2");
    }

    /** Of what the victim needs: the property {@code java.class.path} is the test runner's own. */
    private static String classPath() {
        return Stream.of(Victim.class, Model.class, Tensor.class, SafeTensors.class, JsonMapper.class, JsonParser.class, JsonProperty.class)
                .map(type -> Path.of(URI.create(type.getProtectionDomain().getCodeSource().getLocation().toString())).toString())
                .distinct().collect(Collectors.joining(File.pathSeparator));
    }

    private static String java() {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString() + (File.separatorChar == '\\' ? ".exe" : "");
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return e.toString();
        }
    }

    /** Trains slowly, so that there is time to kill it. */
    static final class Victim {

        private Victim() {}

        public static void main(String[] arguments) {
            plan(model()).checkpoints(Path.of(arguments[0]), 1).on(TrainEvent.StepEnded.class, step -> {
                try {
                    Thread.sleep(30);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }).run();
        }
    }

    @Test
    void aDiskThatIsFullKeepsTheLastCheckpointAndTheTraining() throws IOException {
        List<String> failures = new ArrayList<>();
        Model<Tensor, Tensor> model = model();
        Path inTheWay = folder.resolve("blocked");
        Files.writeString(inTheWay, "a file where a folder should be");
        History history = plan(model).checkpoints(inTheWay).on(TrainEvent.CheckpointFailed.class, failed -> failures.add(failed.reason()))
                .run();
        assertEquals(5, history.epochs().size());
        assertEquals(5, failures.size());
        assertTrue(failures.getFirst().contains("blocked"), failures.getFirst());
    }

    @Test
    void whatDoesNotFitIsRefused() throws IOException {
        assertTrue(assertThrows(FormatException.class, this::resumed).getMessage().contains("nothing to resume"));
        plan(model()).checkpoints(folder).epochs(1).run();
        assertTrue(assertThrows(FormatException.class, () -> plan(model()).resume(folder).seed(1).run()).getMessage().contains("seed 42"));
        assertThrows(NameException.class, () -> plan(model()).resume(folder).optimizer(sgd(1)).run());
        assertThrows(NameException.class, () -> plan(Model.of(Shape.of(2), dense(2))).resume(folder).run());
        Model<Tensor, Tensor> model = model();
        model.save(folder.resolve(Checkpoint.FILE));
        assertTrue(assertThrows(FormatException.class, this::resumed).getMessage().contains("not a checkpoint"));
        assertFalse(Files.list(folder).anyMatch(path -> path.toString().endsWith(".tmp")));
    }
}
