package dev.gamelan.nn;

import static dev.gamelan.nn.Layers.batchNorm;
import static dev.gamelan.nn.Layers.dense;
import static dev.gamelan.nn.Losses.softmaxCrossEntropy;
import static dev.gamelan.nn.Metrics.accuracy;
import static dev.gamelan.nn.Optimizers.adamW;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gamelan.shape.GamelanException;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Tensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever is in the file of a model or of a training: a clear error, soon, or weights of the right shapes. */
class HostileCheckpointsTest {

    @TempDir
    Path folder;

    private static Model<Tensor, Tensor> model() {
        return Model.of(Shape.of(2), dense(3), batchNorm(), dense(2));
    }

    private static Trainer<Tensor, Tensor, Tensor> plan(Model<Tensor, Tensor> model, int epochs) {
        return model.train(Quadrants.of(24).batches(8), softmaxCrossEntropy()).metric(accuracy()).optimizer(adamW(1e-2, 0.01))
                .epochs(epochs)
                .quiet();
    }

    /** Most changes are made in the header, where there is something to lie about. */
    private static byte[] changed(byte[] good, SplittableRandom random) {
        byte[] bytes = good.clone();
        int header = 8 + (int) ByteBuffer.wrap(good).order(ByteOrder.LITTLE_ENDIAN).getLong();
        for (int k = 0; k <= random.nextInt(4); k++) {
            int at = random.nextInt(4) == 0 ? random.nextInt(bytes.length) : random.nextInt(header);
            boolean digit = bytes[at] >= '0' && bytes[at] <= '9';
            bytes[at] = (byte) (digit && random.nextBoolean() ? '0' + random.nextInt(10) : random.nextInt(256));
        }
        return bytes;
    }

    private static void clear(RuntimeException e) {
        assertTrue(e instanceof GamelanException, () -> "not clear: " + e);
        assertFalse(String.valueOf(e.getMessage()).isBlank());
    }

    /** 3000 changed files of seed 21, and every 7th truncation. */
    @Test
    void models() throws IOException {
        Path file = folder.resolve("model.safetensors");
        model().save(file);
        byte[] good = Files.readAllBytes(file);
        SplittableRandom random = new SplittableRandom(21);
        for (int trial = 0; trial < 3000; trial++) {
            load(file, changed(good, random));
        }
        for (int length = 0; length < good.length; length += 7) {
            load(file, Arrays.copyOf(good, length));
        }
    }

    private static void load(Path file, byte[] bytes) throws IOException {
        Files.write(file, bytes);
        try {
            Model<Tensor, Tensor> model = Model.load(file);
            assertTrue(model.weights().count() < 1000);
        } catch (RuntimeException e) {
            clear(e);
        }
    }

    /** 1500 changed files of seed 22, and every 31st truncation. */
    @Test
    void trainings() throws IOException {
        plan(model(), 2).checkpoints(folder).run();
        Path file = folder.resolve(Checkpoint.FILE);
        byte[] good = Files.readAllBytes(file);
        SplittableRandom random = new SplittableRandom(22);
        for (int trial = 0; trial < 1500; trial++) {
            resume(file, changed(good, random));
        }
        for (int length = 0; length < good.length; length += 31) {
            resume(file, Arrays.copyOf(good, length));
        }
    }

    @Test
    void positionsThatCannotBe() throws IOException {
        plan(model(), 2).checkpoints(folder).run();
        Path file = folder.resolve(Checkpoint.FILE);
        byte[] good = Files.readAllBytes(file);
        for (String key : new String[] {"epoch", "step", "examples", "rate", "lossSum", "loss", "seconds", "version", "seed"}) {
            for (String value : new String[] {"-1", "999999999", "null", "{}", "1e9", "\\\"x\\\""}) {
                String text = new String(good, StandardCharsets.ISO_8859_1);
                String damaged = text.replaceFirst("\\\\\"" + key + "\\\\\":(\\\\\"[^\\\\]*\\\\\"|[0-9.eE+-]+)",
                        java.util.regex.Matcher.quoteReplacement("\\\"" + key + "\\\":" + value));
                resume(file, withLength(damaged.getBytes(StandardCharsets.ISO_8859_1), damaged.length() - text.length()));
            }
        }
    }

    private static byte[] withLength(byte[] bytes, int more) {
        ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        buffer.putLong(0, buffer.getLong(0) + more);
        return bytes;
    }

    private void resume(Path file, byte[] bytes) throws IOException {
        Files.write(file, bytes);
        try {
            History history = plan(model(), 2).resume(folder).run();
            assertTrue(history.epochs().size() < 10);
        } catch (RuntimeException e) {
            clear(e);
        }
    }
}
